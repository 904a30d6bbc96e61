//! Credentials, as a request presents them.

use std::{borrow::Cow, fmt};

use axum::http::{HeaderMap, header::COOKIE, request::Parts};
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::{KeyIn, Place, authorization, bearer};
use crate::{address::ClientAddress, secret::Secret, token::TokenFault};

/// What is wrong with a credential that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialFault {
    /// There is more than one, so that which one counts would be a guess.
    Ambiguous,
    /// It does not have the form that its scheme has.
    Malformed,
    /// The authenticator does not accept it; what a client is told, if the authenticator says.
    Rejected(Option<Cow<'static, str>>),
}

impl fmt::Display for CredentialFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ambiguous => "more than one credential",
            Self::Malformed => "malformed",
            Self::Rejected(_) => "rejected",
        })
    }
}

/// The kinds of schemes that a credential can be read of.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    pub(super) api_key: bool,
    pub(super) basic: bool,
    pub(super) http: bool,
    pub(super) token: bool,
    pub(super) whole_header: bool,
}

const NOWHERE: Reads = Reads { api_key: false, basic: false, http: false, token: false, whole_header: false };

/// A type that a credential can be read as. It is not for other types: [`Secret`], [`BasicCredentials`],
/// [`HttpCredentials`] and [`AuthorizationHeader`] are all there are.
#[diagnostic::on_unimplemented(
    message = "a credential cannot be read as `{Self}`",
    label = "not a credential",
    note = "the field of a scheme without an authenticator is a `Secret`, `BasicCredentials`, `HttpCredentials` or an `AuthorizationHeader`; for another type, say how it is had: `authenticate = your_function`"
)]
pub trait Credential: Clone + Send + Sync + Sized + 'static {
    /// Where it can be read.
    const READS: Reads;

    /// Reads it; `None` where the request has none.
    ///
    /// # Errors
    /// [`CredentialFault`] for one that is there and cannot be read.
    fn read(place: &Place, parts: &Parts) -> Result<Option<Self>, CredentialFault>;

    /// With the address that the request comes from, for those that can be guessed.
    #[must_use]
    fn sent_from(self, address: ClientAddress) -> Self {
        let _ = address;
        self
    }
}

/// An API key, a bearer token, or what follows the scheme of another `Authorization` header.
impl Credential for Secret {
    const READS: Reads = Reads { api_key: true, http: true, token: true, ..NOWHERE };

    fn read(place: &Place, parts: &Parts) -> Result<Option<Self>, CredentialFault> {
        match *place {
            Place::ApiKey(place, name) => api_key(place, name, parts),
            Place::Http { scheme, any_scheme } if !scheme.eq_ignore_ascii_case("bearer") => {
                Ok(authorization::of_scheme(&parts.headers, scheme, any_scheme)?.map(|(_, text)| Self::new(text)))
            }
            Place::Http { .. } | Place::OAuth2(..) | Place::OpenIdConnect(_) => {
                bearer::credential(&parts.headers).map(|token| token.map(Self::new)).map_err(|fault| match fault {
                    TokenFault::Ambiguous => CredentialFault::Ambiguous,
                    _ => CredentialFault::Malformed,
                })
            }
        }
    }
}

/// A client's identifier and secret in HTTP Basic, each of them encoded as in a form (RFC 6749 section 2.3.1).
pub(crate) fn client_credentials(headers: &HeaderMap) -> Result<Option<(String, Secret)>, CredentialFault> {
    let Some(BasicCredentials { username, password, .. }) = basic(headers)? else { return Ok(None) };
    Ok(Some((form_decoded(&username)?.expose().to_owned(), form_decoded(password.expose())?)))
}

/// Username and password of HTTP Basic (RFC 7617).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The name; it holds no colon.
    pub username: String,
    /// The password; it prints as `[redacted]`.
    pub password: Secret,
    /// Where the request comes from: what [`Auth::verify_login`](crate::Auth::verify_login) takes.
    pub address: ClientAddress,
}

impl Credential for BasicCredentials {
    const READS: Reads = Reads { basic: true, ..NOWHERE };

    fn read(_: &Place, parts: &Parts) -> Result<Option<Self>, CredentialFault> {
        basic(&parts.headers)
    }

    fn sent_from(self, address: ClientAddress) -> Self {
        Self { address, ..self }
    }
}

fn basic(headers: &HeaderMap) -> Result<Option<BasicCredentials>, CredentialFault> {
    let Some((_, encoded)) = authorization::of_scheme(headers, "Basic", false)? else { return Ok(None) };
    let decoded = Zeroizing::new(BASE64_STANDARD.decode(encoded).map_err(|_| CredentialFault::Malformed)?);
    let text = Secret::new(std::str::from_utf8(&decoded).map_err(|_| CredentialFault::Malformed)?);
    // RFC 7617 section 2: the first colon ends the name; control characters are in neither.
    match text.expose().split_once(':') {
        Some((username, password)) if !text.expose().contains(char::is_control) => {
            let (username, password) = (username.to_owned(), Secret::new(password));
            Ok(Some(BasicCredentials { username, password, address: ClientAddress::UNKNOWN }))
        }
        _ => Err(CredentialFault::Malformed),
    }
}

/// An `Authorization` header as it came, scheme and rest apart: for Digest, and for schemes that only the application knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCredentials {
    /// The scheme, as the client wrote it.
    pub scheme: String,
    /// What follows it, without blanks around; it prints as `[redacted]`.
    pub credentials: Secret,
}

impl Credential for HttpCredentials {
    const READS: Reads = Reads { http: true, token: true, ..NOWHERE };

    fn read(place: &Place, parts: &Parts) -> Result<Option<Self>, CredentialFault> {
        let (scheme, any_scheme) = match *place {
            Place::Http { scheme, any_scheme } => (scheme, any_scheme),
            _ => ("Bearer", false),
        };
        let found = authorization::of_scheme(&parts.headers, scheme, any_scheme)?;
        Ok(found.map(|(scheme, rest)| Self { scheme: scheme.to_owned(), credentials: Secret::new(rest) }))
    }
}

/// A whole `Authorization` header, of whatever scheme: for applications that take it apart themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationHeader(Secret);

impl AuthorizationHeader {
    /// The header's value. The name is long enough to be noticed in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for AuthorizationHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Credential for AuthorizationHeader {
    const READS: Reads = Reads { whole_header: true, ..NOWHERE };

    fn read(_: &Place, parts: &Parts) -> Result<Option<Self>, CredentialFault> {
        match authorization::header(&parts.headers)? {
            None => Ok(None),
            Some(value) => match std::str::from_utf8(value) {
                Ok(text) if !text.is_empty() => Ok(Some(Self(Secret::new(text)))),
                _ => Err(CredentialFault::Malformed),
            },
        }
    }
}

fn api_key(place: KeyIn, name: &str, parts: &Parts) -> Result<Option<Secret>, CredentialFault> {
    let mut found = match place {
        KeyIn::Header => parts
            .headers
            .get_all(name)
            .iter()
            .map(|value| std::str::from_utf8(value.as_bytes()).map(Secret::new).map_err(|_| CredentialFault::Malformed))
            .collect::<Result<Vec<Secret>, _>>()?,
        KeyIn::Query => query(name, parts.uri.query().unwrap_or_default())?,
        KeyIn::Cookie => cookies(name, &parts.headers)?,
    };
    match (found.pop(), found.is_empty()) {
        (None, _) => Ok(None),
        (Some(_), false) => Err(CredentialFault::Ambiguous),
        (Some(value), true) if value.expose().is_empty() => Err(CredentialFault::Malformed),
        (Some(value), true) => Ok(Some(value)),
    }
}

fn form_decoded(text: &str) -> Result<Secret, CredentialFault> {
    let spaced = Zeroizing::new(text.replace('+', " "));
    // As long as it can become, so that no part of it is left behind in memory by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(spaced.len()));
    bytes.extend(percent_decode(spaced.as_bytes()));
    std::str::from_utf8(&bytes).map(Secret::new).map_err(|_| CredentialFault::Malformed)
}

/// The one value of a cookie.
pub(super) fn cookie(name: &str, headers: &HeaderMap) -> Result<Option<Secret>, CredentialFault> {
    let mut values = cookies(name, headers)?;
    match (values.pop(), values.is_empty()) {
        (Some(_), false) => Err(CredentialFault::Ambiguous),
        (value, _) => Ok(value),
    }
}

/// The values of a parameter, as a form writes them.
fn query(name: &str, query: &str) -> Result<Vec<Secret>, CredentialFault> {
    let mut values = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be read is not this one.
        if form_decoded(key).is_ok_and(|key| key.expose() == name) {
            values.push(form_decoded(value)?);
        }
    }
    Ok(values)
}

/// The values of a cookie (RFC 6265 section 5.4), in one header or in several, as HTTP/2 sends them.
fn cookies(name: &str, headers: &HeaderMap) -> Result<Vec<Secret>, CredentialFault> {
    let mut values = Vec::new();
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (Some(key), Some(value)) = (halves.next(), halves.next()) else { continue };
            if key.trim_ascii() != name.as_bytes() {
                continue;
            }
            let value = std::str::from_utf8(value).map_err(|_| CredentialFault::Malformed)?.trim_ascii();
            let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            values.push(Secret::new(unquoted.unwrap_or(value)));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const BASIC: Place = Place::Http { scheme: "Basic", any_scheme: false };
    const DIGEST: Place = Place::Http { scheme: "Digest", any_scheme: false };

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        request.body(()).unwrap().into_parts().0
    }

    fn basic(value: &str) -> Result<Option<(String, String)>, CredentialFault> {
        let read = BasicCredentials::read(&BASIC, &parts("/", &[("authorization", value)]))?;
        Ok(read.map(|basic| (basic.username, basic.password.expose().to_owned())))
    }

    fn key(place: KeyIn, uri: &str, headers: &[(&str, &str)]) -> Result<Option<String>, CredentialFault> {
        let read = Secret::read(&Place::ApiKey(place, "key"), &parts(uri, headers))?;
        Ok(read.map(|key| key.expose().to_owned()))
    }

    #[test]
    fn basic_knows_where_it_comes_from() {
        let parts = parts("/", &[("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]);
        let basic = BasicCredentials::read(&BASIC, &parts).unwrap().unwrap();
        let address = ClientAddress::from(std::net::IpAddr::from([192, 0, 2, 1]));
        let sent = basic.clone().sent_from(address);
        assert_eq!(sent, BasicCredentials { address, ..basic });
        assert_ne!(sent.address, ClientAddress::UNKNOWN);
    }

    #[test]
    fn basic_is_a_name_and_a_password() {
        // The examples of RFC 7617 sections 2 and 2.1.
        assert_eq!(basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Ok(Some(("Aladdin".into(), "open sesame".into()))));
        assert_eq!(basic("basic dGVzdDoxMjPCow=="), Ok(Some(("test".into(), "123\u{a3}".into()))));
        assert_eq!(basic("Basic YTpiOmM="), Ok(Some(("a".into(), "b:c".into()))));
        assert_eq!(basic("Basic Og=="), Ok(Some((String::new(), String::new()))));
        assert_eq!(basic("Bearer abc"), Ok(None));
    }

    #[test]
    fn malformed_basic_is_never_taken_for_none() {
        // No colon, no base64, blanks within, wrong padding, not UTF-8, a control character, nothing.
        for value in
            ["Basic YQ==", "Basic notabase64token!", "Basic YT pi", "Basic YTpi=", "Basic /zph", "Basic YToB", "Basic"]
        {
            assert_eq!(basic(value), Err(CredentialFault::Malformed), "{value}");
        }
        let two = parts("/", &[("authorization", "Basic YTpi"), ("authorization", "Basic YTpi")]);
        assert_eq!(BasicCredentials::read(&BASIC, &two), Err(CredentialFault::Ambiguous));
    }

    #[test]
    fn other_schemes_are_handed_on() {
        let read = |value| HttpCredentials::read(&DIGEST, &parts("/", &[("authorization", value)]));
        let handed_on = read("Digest  a=\"b\", c=d  ").unwrap().unwrap();
        assert_eq!((handed_on.scheme.as_str(), handed_on.credentials.expose()), ("Digest", "a=\"b\", c=d"));
        let printed = r#"HttpCredentials { scheme: "Digest", credentials: [redacted] }"#;
        assert_eq!(format!("{handed_on:?}"), printed);
        assert_eq!(read("Other abc"), Ok(None));
        assert_eq!(read("Digest"), Err(CredentialFault::Malformed));
        let any = Place::Http { scheme: "Other", any_scheme: true };
        assert!(HttpCredentials::read(&any, &parts("/", &[("authorization", "Foo bar")])).unwrap().is_some());
    }

    #[test]
    fn keys_are_in_a_header_a_query_or_a_cookie() {
        assert_eq!(key(KeyIn::Header, "/", &[("KEY", "s3cret")]), Ok(Some("s3cret".into())));
        assert_eq!(key(KeyIn::Query, "/?a=b&key=s3%20c+t", &[]), Ok(Some("s3 c t".into())));
        assert_eq!(key(KeyIn::Query, "/?k%65y=x", &[]), Ok(Some("x".into())));
        let jar = [("cookie", "a=b; key=s3cret"), ("cookie", "monkey=x; keys")];
        assert_eq!(key(KeyIn::Cookie, "/", &jar), Ok(Some("s3cret".into())));
        assert_eq!(key(KeyIn::Cookie, "/", &[("cookie", "key=\"a=b\"")]), Ok(Some("a=b".into())));
        for place in [KeyIn::Header, KeyIn::Query, KeyIn::Cookie] {
            assert_eq!(key(place, "/?monkey=x", &[("monkey", "x"), ("cookie", "monkey=x")]), Ok(None));
        }
    }

    #[test]
    fn an_empty_or_ambiguous_key_is_never_taken_for_none() {
        assert_eq!(key(KeyIn::Header, "/", &[("key", "")]), Err(CredentialFault::Malformed));
        assert_eq!(key(KeyIn::Query, "/?key", &[]), Err(CredentialFault::Malformed));
        assert_eq!(key(KeyIn::Query, "/?key=%ff", &[]), Err(CredentialFault::Malformed));
        assert_eq!(key(KeyIn::Cookie, "/", &[("cookie", "key=")]), Err(CredentialFault::Malformed));
        assert_eq!(key(KeyIn::Header, "/", &[("key", "a"), ("key", "b")]), Err(CredentialFault::Ambiguous));
        assert_eq!(key(KeyIn::Query, "/?key=a&key=b", &[]), Err(CredentialFault::Ambiguous));
        assert_eq!(key(KeyIn::Cookie, "/", &[("cookie", "key=a; key=b")]), Err(CredentialFault::Ambiguous));
    }

    const BEARER: Place = Place::Http { scheme: "bearer", any_scheme: false };
    const TOKEN: Place = Place::Http { scheme: "Token", any_scheme: false };

    fn secret(place: &Place, headers: &[(&str, &str)]) -> Result<Option<String>, CredentialFault> {
        Ok(Secret::read(place, &parts("/", headers))?.map(|secret| secret.expose().to_owned()))
    }

    #[test]
    fn a_token_is_read_as_bearer_or_as_what_follows_another_scheme() {
        let one = |value| [("authorization", value)];
        for place in [BEARER, Place::OAuth2(&[], Vec::new), Place::OpenIdConnect("https://provider.example")] {
            assert_eq!(secret(&place, &one("Bearer abc")), Ok(Some("abc".into())));
            assert_eq!(secret(&place, &one("Token abc")), Ok(None));
            assert_eq!(secret(&place, &one("Bearer a b")), Err(CredentialFault::Malformed), "no token has blanks");
            let two = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
            assert_eq!(secret(&place, &two), Err(CredentialFault::Ambiguous));
        }
        assert_eq!(secret(&TOKEN, &one("token a b")), Ok(Some("a b".into())));
        assert_eq!(secret(&TOKEN, &one("Bearer abc")), Ok(None));
        let any = Place::Http { scheme: "Token", any_scheme: true };
        assert_eq!(secret(&any, &one("Other abc")), Ok(Some("abc".into())));
        let bearer = HttpCredentials::read(&Place::OAuth2(&[], Vec::new), &parts("/", &one("Bearer abc")));
        assert_eq!(bearer.unwrap().unwrap().credentials.expose(), "abc");
    }

    #[test]
    fn a_whole_header_is_handed_on_unless_it_is_empty() {
        let read = |headers: &[(&str, &str)]| AuthorizationHeader::read(&BEARER, &parts("/", headers));
        let header = read(&[("authorization", " Anything, at all ")]).unwrap().unwrap();
        assert_eq!((header.expose(), format!("{header:?}").as_str()), ("Anything, at all", "[redacted]"));
        assert!(read(&[]).unwrap().is_none());
        assert_eq!(read(&[("authorization", " ")]).unwrap_err(), CredentialFault::Malformed);
        assert_eq!(read(&[("authorization", "a"), ("authorization", "a")]).unwrap_err(), CredentialFault::Ambiguous);
        let bytes = Request::builder().header("authorization", &b"Token \xff"[..]).body(()).unwrap().into_parts().0;
        assert_eq!(AuthorizationHeader::read(&BEARER, &bytes).unwrap_err(), CredentialFault::Malformed);
    }

    #[test]
    fn a_client_encodes_its_name_and_secret_as_a_form_does() {
        let read = |text: &str| {
            let value = format!("Basic {}", BASE64_STANDARD.encode(text));
            let found = client_credentials(&parts("/", &[("authorization", &value)]).headers)?;
            Ok(found.map(|(id, secret)| (id, secret.expose().to_owned())))
        };
        assert_eq!(read("my+app:a%3Ab"), Ok(Some(("my app".into(), "a:b".into()))));
        assert_eq!(read("app:%ff"), Err(CredentialFault::Malformed));
        assert_eq!(client_credentials(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn a_cookie_has_one_value() {
        let read = |headers: &[(&str, &str)]| cookie("key", &parts("/", headers).headers);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("cookie", "a=b; key=c")]), Ok(Some("c".into())));
        assert_eq!(read(&[("cookie", "key=c"), ("cookie", "key=c")]), Err(CredentialFault::Ambiguous));
    }

    #[test]
    fn each_fault_has_words_of_its_own() {
        let faults = [CredentialFault::Ambiguous, CredentialFault::Malformed, CredentialFault::Rejected(None)];
        assert_eq!(faults.map(|fault| fault.to_string()), ["more than one credential", "malformed", "rejected"]);
    }

    #[test]
    fn each_kind_of_credential_is_read_where_it_can_be() {
        let kinds = |reads: Reads| [reads.api_key, reads.basic, reads.http, reads.token, reads.whole_header];
        assert_eq!(kinds(Secret::READS), [true, false, true, true, false]);
        assert_eq!(kinds(BasicCredentials::READS), [false, true, false, false, false]);
        assert_eq!(kinds(HttpCredentials::READS), [false, false, true, true, false]);
        assert_eq!(kinds(AuthorizationHeader::READS), [false, false, false, false, true]);
    }
}
