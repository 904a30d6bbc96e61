//! Every row of the profile table, in both profiles.

use auth_runtime::prelude::*;
use serde_json::json;
use tests::server::Answer;

use crate::support::{ALICE, JOHN, key, router, serve, token_of, users};

fn never_stored(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
}

fn problem(answer: &Answer, status: u16, challenge: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], status);
    assert_eq!(answer.json()["type"], "about:blank");
    assert!(answer.json()["detail"].is_string() && answer.json()["title"].is_string());
    never_stored(answer);
}

fn detail(answer: &Answer, status: u16, detail: &str, challenge: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body, json!({"detail": detail}).to_string());
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

fn oauth_error(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.json()["error"], error);
    assert!(answer.json()["error_description"].is_string());
    assert_eq!(answer.json().as_object().unwrap().len(), 2);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("www-authenticate"), None);
    never_stored(answer);
}

#[tokio::test]
async fn no_credentials() {
    let (server, _) = serve(Profile::Standard).await;
    for path in ["/token-only", "/user", "/active", "/scoped", "/both"] {
        problem(&server.get(path).await, 401, Some(r#"Bearer realm="api""#));
    }
    let (server, _) = serve(Profile::FastApi).await;
    for path in ["/token-only", "/user", "/active", "/scoped", "/both"] {
        detail(&server.get(path).await, 401, "Not authenticated", Some("Bearer"));
    }
}

#[tokio::test]
async fn another_scheme_is_no_credential() {
    let (server, _) = serve(Profile::Standard).await;
    let basic = server.request("GET", "/user", &["authorization: Basic am9objpzZWNyZXQ="]).await;
    problem(&basic, 401, Some(r#"Bearer realm="api""#));
    let (server, _) = serve(Profile::FastApi).await;
    let other = server.request("GET", "/user", &["authorization: Notexistent testtoken"]).await;
    detail(&other, 401, "Not authenticated", Some("Bearer"));
}

#[tokio::test]
async fn a_bad_token() {
    let invalid = r#"Bearer realm="api", error="invalid_token", error_description="The token is not valid.""#;
    let (server, _) = serve(Profile::Standard).await;
    for token in ["garbage", "a.b.c", "a b", ""] {
        problem(&server.get_as("/both", token).await, 401, Some(invalid));
    }
    let (server, _) = serve(Profile::FastApi).await;
    for token in ["garbage", "a.b.c", "a b", ""] {
        detail(&server.get_as("/active", token).await, 401, "Could not validate credentials", Some("Bearer"));
        let challenge = Some(r#"Bearer scope="me items""#);
        detail(&server.get_as("/scoped", token).await, 401, "Could not validate credentials", challenge);
    }
}

#[tokio::test]
async fn an_expired_token() {
    let expired = r#"Bearer realm="api", error="invalid_token", error_description="The token has expired.""#;
    let (server, hand) = serve(Profile::Standard).await;
    let token = server.log_in("/token", JOHN).await;
    hand.forward(30 * 60 - 1);
    assert_eq!(server.get_as("/active", &token).await.status, 200);
    hand.forward(1);
    problem(&server.get_as("/active", &token).await, 401, Some(expired));

    let (server, hand) = serve(Profile::FastApi).await;
    let token = server.log_in("/token", JOHN).await;
    hand.forward(30 * 60);
    detail(&server.get_as("/active", &token).await, 401, "Could not validate credentials", Some("Bearer"));
}

#[tokio::test]
async fn a_token_whose_user_is_gone() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let auth = Auth::builder(users()).signing_key(key()).profile(profile).build().unwrap();
        let token = token_of(&auth, "nobody", &["me", "items"]).await;
        let server = tests::server::TestServer::start(router().with_state(auth)).await;
        for path in ["/user", "/active", "/both"] {
            let answer = server.get_as(path, &token).await;
            assert_eq!(answer.status, 401);
            let invalid = ["invalid_token", "Could not validate credentials"];
            let told = format!("{:?} {}", answer.header("www-authenticate"), answer.body);
            assert!(invalid.iter().any(|invalid| told.contains(invalid)), "{told}");
        }
        assert_eq!(server.get_as("/scoped", &token).await.status, 200, "scopes alone look up no user");
    }
}

#[tokio::test]
async fn a_missing_scope() {
    let (server, _) = serve(Profile::Standard).await;
    let token = server.log_in("/token", &format!("{JOHN}&scope=items")).await;
    let challenge = r#"Bearer realm="api", error="insufficient_scope", error_description="The token lacks a scope that this operation needs.", scope="me""#;
    problem(&server.get_as("/both", &token).await, 403, Some(challenge));
    assert_eq!(server.get_as("/scoped", &token).await.status, 403);

    let (server, _) = serve(Profile::FastApi).await;
    let token = server.log_in("/token", &format!("{JOHN}&scope=items")).await;
    detail(&server.get_as("/both", &token).await, 401, "Not enough permissions", Some(r#"Bearer scope="me""#));
}

#[tokio::test]
async fn an_inactive_user() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let token = token_of(&auth, "alice", &["me"]).await;
    let server = tests::server::TestServer::start(router().with_state(auth)).await;
    let wrong = server.post_form("/token", "username=alice&password=wrong").await;
    let right = server.post_form("/token", ALICE).await;
    oauth_error(&right, "invalid_grant");
    let without_date = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.retain(|(name, _)| name != "date");
        (answer.status, headers, answer.body.clone())
    };
    assert_eq!(without_date(&right), without_date(&wrong), "a right password is not told from a wrong one");
    for path in ["/active", "/both"] {
        problem(&server.get_as(path, &token).await, 403, None);
    }
    assert_eq!(server.get_as("/user", &token).await.status, 200, "a disabled user is still a user");

    let (server, _) = serve(Profile::FastApi).await;
    let token = server.log_in("/token", ALICE).await;
    detail(&server.get_as("/active", &token).await, 400, "Inactive user", None);
    assert_eq!(server.get_as("/user", &token).await.status, 200);
}

#[tokio::test]
async fn a_wrong_username_or_password() {
    let (server, _) = serve(Profile::Standard).await;
    for form in
        ["username=johndoe&password=wrong", "username=nobody&password=secret", "username=JOHNDOE&password=secret"]
    {
        oauth_error(&server.post_form("/token", form).await, "invalid_grant");
    }
    let (server, _) = serve(Profile::FastApi).await;
    for form in ["username=johndoe&password=wrong", "username=nobody&password=secret"] {
        let answer = server.post_form("/token", form).await;
        detail(&answer, 400, "Incorrect username or password", None);
        never_stored(&answer);
    }
}

#[tokio::test]
async fn a_missing_field() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", "username=johndoe").await;
    oauth_error(&answer, "invalid_request");
    assert_eq!(answer.json()["error_description"], "The field password is missing.");

    let (server, _) = serve(Profile::FastApi).await;
    let missing =
        |field: &str| json!({"type": "missing", "loc": ["body", field], "msg": "Field required", "input": null});
    let answer = server.post_form("/token", "password=x").await;
    let expected = r#"{"detail":[{"type":"missing","loc":["body","username"],"msg":"Field required","input":null}]}"#;
    assert_eq!(answer.body, expected, "byte for byte");
    assert_eq!((answer.status, answer.json()), (422, json!({"detail": [missing("username")]})));
    for body in ["", "grant_type=password", "username=&password="] {
        let answer = server.post_form("/token", body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (422, json!({"detail": [missing("username"), missing("password")]}))
        );
    }
}

#[tokio::test]
async fn a_login() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.post_form("/token", &format!("{JOHN}&scope=me+items&grant_type=password")).await;
    assert_eq!(answer.status, 200);
    never_stored(&answer);
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(1800), &json!("me items"))
    );
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(server.get_as("/active", token).await.json(), json!({"username": "johndoe", "disabled": false}));
    assert_eq!(server.get_as("/scoped", token).await.body, "scoped");
    assert_eq!(server.get_as("/both", token).await.body, "both");
    assert_eq!(server.get_as("/token-only", token).await.body, "johndoe");

    let (server, _) = serve(Profile::FastApi).await;
    let body = server.post_form("/token", JOHN).await.json();
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn an_optional_user() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let (server, _) = serve(profile).await;
        let token = server.log_in("/token", JOHN).await;
        assert_eq!(server.get("/optional").await.body, "stranger");
        assert_eq!(server.request("GET", "/optional", &["authorization: Basic eDp5"]).await.body, "stranger");
        assert_eq!(server.get_as("/optional", &token).await.body, "johndoe");
        for wrong in ["garbage", ""] {
            assert_eq!(server.get_as("/optional", wrong).await.status, 401, "wrong is never taken for absent");
        }
        let two = format!("authorization: Bearer {token}");
        assert_eq!(server.request("GET", "/optional", &[&two, &two]).await.status, 401);
    }
}

#[tokio::test]
async fn the_realm_and_the_tutorials_variants_can_be_set() {
    let auth = Auth::builder(users()).signing_key(key()).realm("notes of all").build().unwrap();
    let server = tests::server::TestServer::start(router().with_state(auth)).await;
    assert_eq!(server.get("/user").await.header("www-authenticate"), Some(r#"Bearer realm="notes of all""#));

    let auth = Auth::builder(users())
        .signing_key(key())
        .profile(Profile::FastApi)
        .fastapi_bad_login_status(axum::http::StatusCode::UNAUTHORIZED)
        .fastapi_invalid_token_detail("Not authenticated")
        .build()
        .unwrap();
    let server = tests::server::TestServer::start(router().with_state(auth)).await;
    let answer = server.post_form("/token", "username=johndoe&password=wrong").await;
    detail(&answer, 401, "Incorrect username or password", Some("Bearer"));
    detail(&server.get_as("/user", "garbage").await, 401, "Not authenticated", Some("Bearer"));
}
