//! Logging in with a browser: the session in a cookie.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts, Query},
    http::{HeaderValue, Response as HttpResponse, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use serde::Deserialize;

use crate::secret::Secret;

/// A browser takes a cookie of this prefix only with `Secure`, for this host alone and for all of its paths (RFC 6265bis
/// section 4.1.3.2), so that no other host of the domain can plant one.
pub(crate) const NAME: &str = "__Host-session";

/// The way back after a login: the parameter `next`, if it is a path of this host, and `/` otherwise.
///
/// ```
/// use auth_runtime::{Next, prelude::*};
///
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// #[token_endpoint("/login")]
/// async fn log_in(user: User, next: Next, _form: PasswordRequestForm) -> Grant {
///     Grant::to(user).in_cookie(next)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// This path, if it is one of this host, and `/` otherwise.
    #[must_use]
    pub fn to(path: &str) -> Self {
        // `//host` and `/\host` are other hosts to a browser.
        let is_local = path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        Self(if is_local { path.to_owned() } else { "/".to_owned() })
    }

    pub(crate) fn of_query(uri: &Uri) -> Self {
        #[derive(Deserialize)]
        struct Parameters {
            #[serde(default)]
            next: String,
        }
        let parameters = Query::<Parameters>::try_from_uri(uri);
        parameters.map_or_else(|_| Self::to("/"), |Query(parameters)| Self::to(&parameters.next))
    }

    /// The path, and what follows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Next {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of_query(&parts.uri))
    }
}

/// Sets the cookie, for this many seconds, and goes on.
pub(crate) fn set(token: &Secret, seconds: u64, next: &Next) -> Response {
    redirect(next.as_str(), cookie(token.expose(), seconds))
}

/// Takes the cookie away.
pub(crate) fn clear(response: &mut Response) {
    if let Some(cookie) = cookie("", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn cookie(value: &str, seconds: u64) -> Option<HeaderValue> {
    let text = format!("{NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    let mut cookie = HeaderValue::try_from(text).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

pub(crate) fn redirect(location: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/")));
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_a_path_of_this_host() {
        for (path, expected) in [
            ("/a/b?c=d", "/a/b?c=d"),
            ("", "/"),
            ("a", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("/\tevil", "/"),
        ] {
            assert_eq!(Next::to(path).as_str(), expected, "{path:?}");
        }
    }

    #[test]
    fn the_cookie_is_the_hosts_own_and_out_of_reach() {
        let response = set(&Secret::new("abc"), 60, &Next::to("/me"));
        assert_eq!(response.headers()["location"], "/me");
        let cookie = &response.headers()["set-cookie"];
        assert_eq!(cookie, "__Host-session=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
        assert!(cookie.is_sensitive());
    }

    #[tokio::test]
    async fn the_way_back_is_the_parameter_next() {
        for (uri, expected) in [
            ("/login?next=/me", "/me"),
            ("/login?next=%2Fa%3Fb%3Dc&x=y", "/a?b=c"),
            ("/login", "/"),
            ("/login?next=", "/"),
            ("/login?next=//evil.example", "/"),
            ("/login?next=/a&next=/b", "/"),
            ("/login?nextpage=/a", "/"),
        ] {
            let mut parts = axum::http::Request::builder().uri(uri).body(()).unwrap().into_parts().0;
            let Ok(next) = Next::from_request_parts(&mut parts, &()).await;
            assert_eq!(next.as_str(), expected, "{uri}");
        }
    }

    #[test]
    fn a_cookie_is_taken_away_beside_those_that_are_set() {
        let mut response = redirect("/me", Some(HeaderValue::from_static("a=b")));
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        clear(&mut response);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=b", "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"]);
        assert_eq!(redirect("/a\nb", None).headers()["location"], "/", "what is no header is not sent");
    }
}
