//! `Authorization: Bearer` (RFC 6750 section 2.1). Tokens in a query or a body are not read.

use axum::http::{HeaderMap, header::AUTHORIZATION};

use crate::token::TokenFault;

/// The token of a request; `None` without an `Authorization` header, or with one of another scheme.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Option<&str>, TokenFault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(TokenFault::Ambiguous);
    }
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b' ' || *byte == b'\t').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    // RFC 9110 section 11.1: the scheme is compared without case.
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Ok(None);
    }
    let token = std::str::from_utf8(rest).map_err(|_| TokenFault::Malformed)?.trim_matches([' ', '\t']);
    if token.is_empty() || token.contains([' ', '\t', ',']) {
        return Err(TokenFault::Malformed);
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect()
    }

    #[test]
    fn reads_the_token() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc ", "Bearer\tabc"] {
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
        for value in ["Bearer", "Bearer ", "bearer \t", "Bearer a b", "Bearer a, Bearer b", "Bearer \u{e4}\u{308} x"] {
            assert_eq!(credential(&headers(&[value])), Err(TokenFault::Malformed), "{value}");
        }
        assert_eq!(credential(&headers(&["Bearer a", "Bearer a"])), Err(TokenFault::Ambiguous));
        assert_eq!(credential(&headers(&["Basic a", "Bearer a"])), Err(TokenFault::Ambiguous));
    }
}
