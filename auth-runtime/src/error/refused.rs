//! What an application that answers refusals in its own way is told.

use std::fmt;

use axum::{
    extract::OriginalUri,
    http::{HeaderMap, Method, Uri, header, request::Parts},
    response::Response,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Refusal;

/// A function that answers a refused request; `None` leaves it to the profile.
pub type Refuse = fn(&Refused<'_>) -> Option<Response>;

/// A refused request, for the application's own answer to it.
///
/// ```
/// use auth_runtime::{Refusal, Refused};
/// use axum::{http::StatusCode, response::{Html, IntoResponse, Response}};
///
/// /// A page for people, and the profile's answer for everyone else.
/// fn refuse(refused: &Refused<'_>) -> Option<Response> {
///     match refused.refusal() {
///         Refusal::Forbidden if refused.wants_html() => {
///             Some((StatusCode::FORBIDDEN, Html("<h1>Ask your administrator.</h1>")).into_response())
///         }
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Refused<'a> {
    refusal: &'a Refusal,
    parts: &'a Parts,
}

impl<'a> Refused<'a> {
    pub(crate) fn new(refusal: &'a Refusal, parts: &'a Parts) -> Self {
        Self { refusal, parts }
    }

    /// Why it is refused.
    #[must_use]
    pub fn refusal(&self) -> &'a Refusal {
        self.refusal
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        &self.parts.method
    }

    /// The request's path and query.
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        &self.parts.uri
    }

    /// The request's headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        &self.parts.headers
    }

    /// Whether this is somebody opening a page: a GET whose `Accept` has `text/html`.
    #[must_use]
    pub fn wants_html(&self) -> bool {
        self.parts.method == Method::GET && accepts_html(&self.parts.headers)
    }

    /// Whether logging in could help.
    pub(super) fn wants_login(&self) -> bool {
        let unauthenticated =
            matches!(self.refusal, Refusal::NoCredentials | Refusal::InvalidToken(_) | Refusal::InvalidCredentials(..));
        unauthenticated && self.wants_html()
    }

    /// `page?next=…`, with the path of the request, which names no host, and its query, unless that may hold a key or the page
    /// is another host's.
    pub(super) fn login_location(&self, page: &str, query_is_secret: bool) -> String {
        let uri = self.parts.extensions.get::<OriginalUri>().map_or(&self.parts.uri, |OriginalUri(uri)| uri);
        let whole = uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
        let target = if query_is_secret || !page.starts_with('/') { uri.path() } else { whole };
        // `//host` and `/\host` are other hosts to a browser.
        let target = if target.starts_with("//") || target.contains('\\') { "/" } else { target };
        let separator = if page.contains('?') { '&' } else { '?' };
        format!("{page}{separator}next={}", in_query(target))
    }
}

/// Whether `Accept` has `text/html`.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    let accepts = |value: &axum::http::HeaderValue| {
        let types = value.as_bytes().split(|byte| *byte == b',');
        types
            .map(|one| one.split(|byte| *byte == b';').next().unwrap_or(one).trim_ascii())
            .any(|media_type| media_type.eq_ignore_ascii_case(b"text/html"))
    };
    headers.get_all(header::ACCEPT).iter().any(accepts)
}

/// A path as the value of a parameter.
pub(super) fn in_query(path: &str) -> impl fmt::Display {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(path, PLAIN)
}

impl fmt::Debug for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("refusal", self.refusal).field("method", self.method()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(uri: &str, accept: &str) -> Parts {
        Request::builder().uri(uri).header("accept", accept).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_browser_says_what_it_accepts() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml;q=0.9", true),
            ("application/json, TEXT/HTML;q=0.8", true),
            ("*/*", false),
            ("text/html5", false),
        ] {
            let parts = parts("/", accept);
            assert_eq!(Refused::new(&Refusal::NoCredentials, &parts).wants_html(), expected, "{accept}");
        }
    }

    #[test]
    fn the_way_back_names_no_host() {
        let location = |uri| {
            let parts = parts(uri, "text/html");
            Refused::new(&Refusal::NoCredentials, &parts).login_location("/login", false)
        };
        assert_eq!(location("/a/b?c=d&e"), "/login?next=/a/b%3Fc%3Dd%26e");
        assert_eq!(location("http://evil.example/a"), "/login?next=/a");
        assert_eq!(location("//evil.example/a"), "/login?next=/");
        let parts = parts("/a?key=secret", "text/html");
        let refused = Refused::new(&Refusal::NoCredentials, &parts);
        assert_eq!(refused.login_location("/login", true), "/login?next=/a");
        assert_eq!(refused.login_location("https://sso.example/login", false), "https://sso.example/login?next=/a");
    }
}
