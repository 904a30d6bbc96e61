//! Whether a request that a browser sends with its cookies comes from a page of ours.
//!
//! A browser says where a request comes from, in `Sec-Fetch-Site` (every one since 2023) or in `Origin` (every one since
//! 2020, on what is not a GET and on WebSockets), and no page can make it say otherwise. A request with neither is no
//! browser's; what sends it has no cookies but those that it was given.

use axum::http::{
    HeaderMap, Method,
    header::{HOST, ORIGIN, UPGRADE},
    request::Parts,
};

/// Whether this request, whose credential is a cookie, may have been made by a page of another site that wants something
/// changed, or a socket opened, in its user's name.
pub(crate) fn is_forgeable(parts: &Parts, trusted: &[String]) -> bool {
    let opens_socket = parts.headers.get(UPGRADE).is_some() || parts.method == Method::CONNECT;
    let only_reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if only_reads && !opens_socket {
        return false;
    }
    !comes_from_here(parts, trusted)
}

fn comes_from_here(parts: &Parts, trusted: &[String]) -> bool {
    let origin = match only(&parts.headers, ORIGIN.as_str()) {
        Ok(origin) => origin,
        Err(Unclear) => return false,
    };
    if origin.is_some_and(|origin| trusted.iter().any(|one| one == origin)) {
        return true;
    }
    match (only(&parts.headers, "sec-fetch-site"), origin) {
        (Err(Unclear), _) => false,
        (Ok(Some(site)), _) => matches!(site, "same-origin" | "none"),
        (Ok(None), None) => true,
        (Ok(None), Some(origin)) => is_host(origin, parts),
    }
}

/// There is more than one header, or one that is no text.
struct Unclear;

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Unclear> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Unclear),
        (Some(_), Some(_)) => Err(Unclear),
    }
}

/// Whether an origin is of the host that the request was sent to.
fn is_host(origin: &str, parts: &Parts) -> bool {
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => only(&parts.headers, HOST.as_str()).ok().flatten(),
    };
    let of_origin = origin.split_once("://").map(|(_, host)| host);
    matches!((of_origin, host), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// Whether a text is an origin as a browser sends it: `https://app.example`.
pub(crate) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn forgeable(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/x").header("host", "app.example:8000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_forgeable(&request.body(()).unwrap().into_parts().0, &["https://admin.example".to_owned()])
    }

    #[test]
    fn what_only_reads_can_come_from_anywhere() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(!forgeable(method, &[("sec-fetch-site", "cross-site")]), "{method}");
        }
    }

    #[test]
    fn what_changes_something_comes_from_here() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            for (headers, expected) in [
                (&[("sec-fetch-site", "same-origin")][..], false),
                (&[("sec-fetch-site", "none")], false),
                (&[("sec-fetch-site", "same-site")], true),
                (&[("sec-fetch-site", "cross-site")], true),
                (&[("sec-fetch-site", "cross-site"), ("origin", "http://app.example:8000")], true),
                (&[("sec-fetch-site", "cross-site"), ("origin", "https://admin.example")], false),
                (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], true),
                (&[("origin", "http://app.example:8000")], false),
                (&[("origin", "http://APP.example:8000")], false),
                (&[("origin", "http://app.example")], true),
                (&[("origin", "http://evil.example")], true),
                (&[("origin", "null")], true),
                (&[("origin", "")], true),
                (&[("origin", "https://admin.example")], false),
                (&[("origin", "https://admin.example.evil.example")], true),
                (&[("origin", "http://app.example:8000"), ("origin", "http://evil.example")], true),
                (&[], false),
            ] {
                assert_eq!(forgeable(method, headers), expected, "{method} {headers:?}");
            }
        }
    }

    #[test]
    fn a_socket_is_opened_from_here() {
        assert!(forgeable("GET", &[("upgrade", "websocket"), ("origin", "http://evil.example")]));
        assert!(!forgeable("GET", &[("upgrade", "websocket"), ("origin", "http://app.example:8000")]));
    }

    #[test]
    fn an_origin_has_no_path() {
        for (text, expected) in [
            ("https://app.example", true),
            ("http://[::1]:8000", true),
            ("https://app.example/", false),
            ("https://", false),
            ("app.example", false),
            ("*", false),
        ] {
            assert_eq!(is_origin(text), expected, "{text}");
        }
    }
}
