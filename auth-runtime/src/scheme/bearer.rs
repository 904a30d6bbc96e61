//! `Authorization: Bearer` (RFC 6750 section 2.1), and the cookie of a session. Tokens in a query or a body are not read.

use axum::http::HeaderMap;

use super::{
    authorization,
    credential::{CredentialFault, cookie},
};
use crate::{secret::Secret, session_cookie, token::TokenFault};

/// The token of a request; `None` without an `Authorization` header, or with one of another scheme.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Option<&str>, TokenFault> {
    match authorization::of_scheme(headers, "Bearer", false) {
        Ok(None) => Ok(None),
        Ok(Some((_, token))) if is_one(token) => Ok(Some(token)),
        Ok(Some(_)) | Err(CredentialFault::Malformed | CredentialFault::Rejected(_)) => Err(TokenFault::Malformed),
        Err(CredentialFault::Ambiguous) => Err(TokenFault::Ambiguous),
    }
}

/// What a first look at `Authorization` shows.
pub(crate) enum Glance<'a> {
    /// There is none.
    Nothing,
    /// What follows `Bearer ` in the only one, unread: enough to recognise a token that was read before.
    Token(&'a [u8]),
    /// It has to be [read](presented).
    Other,
}

#[inline]
pub(crate) fn at_a_glance(headers: &HeaderMap) -> Glance<'_> {
    match authorization::header(headers) {
        Ok(None) => Glance::Nothing,
        Ok(Some(value)) => value.strip_prefix(b"Bearer ").map_or(Glance::Other, Glance::Token),
        Err(_) => Glance::Other,
    }
}

/// Whether it has no blank and no comma. All of it is looked at, since that is faster than to stop at the first.
fn is_one(token: &str) -> bool {
    !token.bytes().fold(false, |found, byte| found | matches!(byte, b' ' | b'\t' | b','))
}

/// The token that a request shows, and where: in the header, or in the session's cookie where there is no header.
pub(crate) enum Bearer<'a> {
    Header(&'a str),
    Cookie(Secret),
}

/// [`credential`], or the cookie where an application has sessions in one.
pub(crate) fn presented(headers: &HeaderMap, cookies: bool) -> Result<Option<Bearer<'_>>, TokenFault> {
    match credential(headers)? {
        Some(token) => Ok(Some(Bearer::Header(token))),
        None if cookies && has_no_header(headers) => {
            let found = cookie(session_cookie::NAME, headers).map_err(|fault| match fault {
                CredentialFault::Ambiguous => TokenFault::Ambiguous,
                _ => TokenFault::Malformed,
            })?;
            Ok(found.map(Bearer::Cookie))
        }
        None => Ok(None),
    }
}

/// Whether there is no `Authorization` at all.
pub(crate) fn has_no_header(headers: &HeaderMap) -> bool {
    !headers.contains_key(axum::http::header::AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header::AUTHORIZATION};

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect()
    }

    #[test]
    fn reads_the_token() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc ", "Bearer\tabc", " Bearer abc"] {
            assert_eq!(credential(&headers(&[value])), Ok(Some("abc")), "{value}");
        }
    }

    #[test]
    fn another_scheme_is_no_credential_of_this_one() {
        for values in [&[][..], &["Basic abc"], &["Bearerabc"], &["abc"], &[""]] {
            assert_eq!(credential(&headers(values)), Ok(None), "{values:?}");
        }
    }

    #[test]
    fn a_malformed_or_ambiguous_token_is_never_taken_for_none() {
        for value in [
            "Bearer",
            "Bearer ",
            "bearer \t",
            "Bearer a b",
            "Bearer a b c",
            "Bearer a,b,c",
            "Bearer a, Bearer b",
            "Bearer \u{e4}\u{308} x",
        ] {
            assert_eq!(credential(&headers(&[value])), Err(TokenFault::Malformed), "{value}");
        }
        assert_eq!(credential(&headers(&["Bearer a", "Bearer a"])), Err(TokenFault::Ambiguous));
        assert_eq!(credential(&headers(&["Basic a", "Bearer a"])), Err(TokenFault::Ambiguous));
    }

    #[test]
    fn the_cookie_is_read_where_sessions_are_in_one_and_there_is_no_header() {
        let read = |values: &[(&'static str, &str)], cookies| {
            let mut headers = HeaderMap::new();
            for (name, value) in values {
                headers.append(*name, value.parse().unwrap());
            }
            Ok(match presented(&headers, cookies)? {
                None => "nothing".to_owned(),
                Some(Bearer::Header(token)) => format!("header {token}"),
                Some(Bearer::Cookie(token)) => format!("cookie {}", token.expose()),
            })
        };
        let jar = ("cookie", "__Host-session=abc");
        assert_eq!(read(&[jar], true), Ok("cookie abc".into()));
        assert_eq!(read(&[jar], false), Ok("nothing".into()));
        assert_eq!(read(&[("cookie", "session=abc")], true), Ok("nothing".into()));
        assert_eq!(read(&[jar, ("authorization", "Bearer def")], true), Ok("header def".into()));
        assert_eq!(read(&[jar, ("authorization", "Basic YTpi")], true), Ok("nothing".into()));
        assert_eq!(read(&[jar, jar], true), Err(TokenFault::Ambiguous));
    }
}
