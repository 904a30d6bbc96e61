//! Swagger UI, embedded: nothing is fetched from anywhere, at build or run time.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};

const BUNDLE: &str = include_str!("../../assets/swagger-ui/swagger-ui-bundle.js");
const STYLE: &str = include_str!("../../assets/swagger-ui/swagger-ui.css");
const REDIRECT_PAGE: &str = include_str!("../../assets/swagger-ui/oauth2-redirect.html");
const REDIRECT_SCRIPT: &str = include_str!("../../assets/swagger-ui/oauth2-redirect.js");
const ICON: &[u8] = include_bytes!("../../assets/swagger-ui/favicon-32x32.png");

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Scripts come from here alone; Swagger UI writes style attributes, and pictures into its style sheet.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The routes of the page at `path`, which shows the document at `json`.
pub(crate) fn routes(path: &str, json: &str, title: &str) -> Vec<(String, MethodRouter)> {
    // Links are relative, so that they hold under any prefix and behind any proxy.
    let folder = path.rsplit('/').next().unwrap_or_default();
    let document = relative(path, json);
    let page = page(folder, title);
    let script = format!(
        "window.ui = SwaggerUIBundle({{\n  url: {},\n  dom_id: \"#swagger-ui\",\n  deepLinking: true,\n  validatorUrl: null,\n  presets: [SwaggerUIBundle.presets.apis],\n  layout: \"BaseLayout\",\n  oauth2RedirectUrl: new URL({}, window.location.href).href,\n}});\n",
        serde_json::Value::from(document),
        serde_json::Value::from(format!("{folder}/oauth2-redirect.html")),
    );
    vec![
        (path.to_owned(), asset(HTML, page.into_bytes())),
        (format!("{path}/init.js"), asset(JAVASCRIPT, script.into_bytes())),
        (format!("{path}/swagger-ui-bundle.js"), asset(JAVASCRIPT, BUNDLE.as_bytes())),
        (format!("{path}/swagger-ui.css"), asset("text/css; charset=utf-8", STYLE.as_bytes())),
        (format!("{path}/oauth2-redirect.html"), asset(HTML, REDIRECT_PAGE.as_bytes())),
        (format!("{path}/oauth2-redirect.js"), asset(JAVASCRIPT, REDIRECT_SCRIPT.as_bytes())),
        (format!("{path}/favicon.png"), asset("image/png", ICON)),
    ]
}

fn page(folder: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<link rel=\"icon\" href=\"{folder}/favicon.png\">\n<link rel=\"stylesheet\" href=\"{folder}/swagger-ui.css\">\n</head>\n<body>\n<div id=\"swagger-ui\"></div>\n<script src=\"{folder}/swagger-ui-bundle.js\"></script>\n<script src=\"{folder}/init.js\"></script>\n</body>\n</html>\n"
    )
}

/// The way from the page at `from` to `to`.
fn relative(from: &str, to: &str) -> String {
    let up = from.matches('/').count().saturating_sub(1);
    format!("{}{}", "../".repeat(up), to.trim_start_matches('/'))
}

fn asset(media_type: &'static str, content: impl Into<axum::body::Bytes>) -> MethodRouter {
    let content = content.into();
    get(move || async move { respond(media_type, content) })
}

fn respond(media_type: &'static str, content: axum::body::Bytes) -> Response {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_to_the_page() {
        assert_eq!(relative("/docs", "/openapi.json"), "openapi.json");
        assert_eq!(relative("/v1/docs", "/v1/openapi.json"), "../v1/openapi.json");
        assert_eq!(relative("/a/b/docs", "/openapi.json"), "../../openapi.json");
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = page("docs", "<API> & more");
        assert!(!page.contains("http"), "{page}");
        assert!(page.contains("<title>&lt;API&gt; &amp; more</title>"));
    }
}
