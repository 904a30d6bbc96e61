//! The login form as it comes off the wire: bad input gets a clear error, and costs nothing.

use auth_runtime::prelude::*;
use serde_json::{Value, json};
use tests::{Scope, User, server::TestServer};

use crate::support::{JOHN, key, serve, users};

fn multipart(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body + "--X--\r\n"
}

fn error(answer: &tests::server::Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("error"), text("error_description"))
}

#[tokio::test]
async fn multipart_logs_in() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let (server, _) = serve(profile).await;
        let body = multipart(&[("username", "johndoe"), ("password", "secret"), ("scope", "me"), ("x", "ignored")]);
        let answer = server.post("/token", "multipart/form-data; boundary=X", body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_an_invalid_request() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", &format!("{JOHN}&username=johndoe")).await;
    assert_eq!(error(&answer), (400, "invalid_request".into(), "The field username is given more than once.".into()));
    let body = multipart(&[("username", "johndoe"), ("password", "secret"), ("password", "secret")]);
    let answer = server.post("/token", "multipart/form-data; boundary=X", body.as_bytes()).await;
    assert_eq!(error(&answer).1, "invalid_request");

    let (server, _) = serve(Profile::FastApi).await;
    let answer = server.post_form("/token", &format!("{JOHN}&password=x")).await;
    assert_eq!((answer.status, &answer.json()["detail"][0]["loc"]), (422, &json!(["body", "password"])));
}

#[tokio::test]
async fn an_empty_value_counts_as_absent_and_an_unknown_parameter_is_ignored() {
    let (server, _) = serve(Profile::Standard).await;
    let form = format!("{JOHN}&grant_type=&scope=&client_id=&client_secret=&username=&utm=1&utm=2");
    assert_eq!(server.post_form("/token", &form).await.status, 200);
    let answer = server.post_form("/token", "username=johndoe&password=").await;
    assert_eq!(error(&answer).2, "The field password is missing.");
}

#[tokio::test]
async fn another_grant_is_unsupported() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", &format!("{JOHN}&grant_type=client_credentials")).await;
    assert_eq!(error(&answer), (400, "unsupported_grant_type".into(), "The field grant_type is not password.".into()));
    let answer = server.post_form("/token", "grant_type=authorization_code&code=any").await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("unsupported_grant_type")));
    // Without sessions and without clients there is nothing to renew, and nobody else to ask.
    for form in ["grant_type=refresh_token&refresh_token=any", "grant_type=client_credentials"] {
        let answer = server.post_form("/token", form).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("unsupported_grant_type")), "{form}");
    }

    let (server, _) = serve(Profile::FastApi).await;
    let answer = server.post_form("/token", &format!("{JOHN}&grant_type=other")).await;
    let expected = json!({"detail": [{
        "type": "string_pattern_mismatch", "loc": ["body", "grant_type"],
        "msg": "String should match pattern '^password$'", "input": "other", "ctx": {"pattern": "^password$"},
    }]});
    assert_eq!((answer.status, answer.json()), (422, expected));
}

#[tokio::test]
async fn a_scope_that_does_not_exist() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", &format!("{JOHN}&scope=me+admin")).await;
    assert_eq!(error(&answer).1, "invalid_scope");
    assert!(!answer.body.contains("admin"), "what was asked for is not echoed");

    let (server, _) = serve(Profile::FastApi).await;
    let token = server.log_in("/token", &format!("{JOHN}&scope=me+admin+items")).await;
    assert_eq!(server.get_as("/scoped", &token).await.status, 200, "left out, and the rest is granted");
}

#[tokio::test]
async fn a_body_that_is_no_form() {
    let (server, _) = serve(Profile::Standard).await;
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencodedx"] {
        let answer = server.post("/token", content_type, JOHN.as_bytes()).await;
        assert_eq!(error(&answer).1, "invalid_request");
        assert!(error(&answer).2.contains("application/x-www-form-urlencoded"), "{}", answer.body);
    }
    let broken = server.post("/token", "multipart/form-data; boundary=X", b"--X\r\nnonsense").await;
    assert_eq!(
        error(&broken),
        (400, "invalid_request".into(), "The form does not have the syntax of its content type.".into())
    );

    let (server, _) = serve(Profile::FastApi).await;
    let answer = server.post("/token", "application/json", br#"{"username":"johndoe"}"#).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["detail"].as_array().map(Vec::len), Some(2), "FastAPI reads nothing from it");
    assert_eq!(server.post("/token", "multipart/form-data", b"x").await.status, 400);
}

#[tokio::test]
async fn text_that_is_not_utf8() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", "username=%FF&password=x").await;
    assert_eq!(error(&answer), (400, "invalid_request".into(), "The form holds text that is not UTF-8.".into()));
    let (server, _) = serve(Profile::FastApi).await;
    assert_eq!(server.post_form("/token", "username=%FF&password=x").await.status, 400);
}

#[tokio::test]
async fn a_form_over_the_limit() {
    let form = format!("{JOHN}&x={}", "a".repeat(64 * 1024));
    for profile in [Profile::Standard, Profile::FastApi] {
        let (server, _) = serve(profile).await;
        assert_eq!(server.post_form("/token", &form).await.status, 413);
        // Without a length, it is cut off where the limit is.
        let chunk = format!("{:x}\r\n{form}\r\n0\r\n\r\n", form.len());
        let head = "POST /token HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(server.send(format!("{head}{chunk}")).await.status, 413);
    }
}

#[tokio::test]
async fn what_is_not_ascii_logs_in() {
    let users = users();
    users.insert(crate::support::user("jörg \u{1F980}", "pä ss&+=%", false));
    let auth = Auth::builder(users).signing_key(key()).build().unwrap();
    let server = TestServer::start(crate::support::router().with_state(auth)).await;
    let form = "username=j%C3%B6rg+%F0%9F%A6%80&password=p%C3%A4+ss%26%2B%3D%25";
    let token = server.log_in("/token", form).await;
    assert_eq!(server.get_as("/token-only", &token).await.body, "jörg \u{1F980}");
}

#[token_endpoint("/strict")]
async fn strict(user: User, form: PasswordRequestFormStrict<Scope>) -> Grant<Scope> {
    assert_eq!(form.grant_type, "password");
    Grant::to(user).scopes(form.scopes)
}

/// The body decides what is granted, and may refuse.
#[token_endpoint("/fewer")]
async fn fewer(
    user: User,
    form: PasswordRequestForm<Scope>,
) -> Result<Grant<Scope>, (axum::http::StatusCode, Json<Value>)> {
    if form.client_id.as_deref() == Some("blocked") {
        return Err((axum::http::StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))));
    }
    Ok(Grant::to(user).scopes(form.scopes.into_iter().filter(|scope| *scope == Scope::Me)))
}

#[tokio::test]
async fn the_strict_form_insists_on_its_grant_type() {
    let auth = |profile| Auth::builder(users()).signing_key(key()).profile(profile).build().unwrap();
    let server = TestServer::start(SecureRouter::new().mount(strict).with_state(auth(Profile::Standard))).await;
    let answer = server.post_form("/strict", JOHN).await;
    assert_eq!(error(&answer), (400, "invalid_request".into(), "The field grant_type is missing.".into()));
    assert_eq!(server.post_form("/strict", &format!("{JOHN}&grant_type=password")).await.status, 200);

    let server = TestServer::start(SecureRouter::new().mount(strict).with_state(auth(Profile::FastApi))).await;
    let answer = server.post_form("/strict", "").await;
    let fields: Vec<_> =
        answer.json()["detail"].as_array().unwrap().iter().map(|fault| fault["loc"][1].clone()).collect();
    assert_eq!((answer.status, fields), (422, vec![json!("grant_type"), json!("username"), json!("password")]));
}

#[tokio::test]
async fn the_body_may_grant_less_or_refuse() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let server = TestServer::start(SecureRouter::new().mount(fewer).with_state(auth)).await;
    let answer = server.post_form("/fewer", &format!("{JOHN}&scope=items+me+me")).await;
    assert_eq!(answer.json()["scope"], "me");
    let answer = server.post_form("/fewer", &format!("{JOHN}&client_id=blocked")).await;
    assert_eq!((answer.status, answer.header("cache-control")), (401, Some("no-store")));
}

#[tokio::test]
async fn a_token_endpoint_answers_post_alone() {
    let (server, _) = serve(Profile::Standard).await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = server.request(method, &format!("/token?{JOHN}"), &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}
