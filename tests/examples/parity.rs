//! The chapters of the tutorial, each as the original answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::server::Answer;

use crate::process::{Example, Scratch};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_fastapi_parity");

/// Where each application has its document, by the routes of the server.
pub(crate) fn documents() -> impl Iterator<Item = String> {
    let table = crate::programs::fastapi_parity::router().unwrap().access_table();
    let prefix = |path: &str| {
        let depth = if path.starts_with("/security_websockets") { 3 } else { 1 };
        path.split('/').take(depth + 1).collect::<Vec<_>>().join("/")
    };
    let prefixes: BTreeSet<String> = table.rows().iter().map(|row| prefix(&row.path)).collect();
    prefixes.into_iter().map(|prefix| format!("{prefix}/openapi.json"))
}

fn is(answer: &Answer, status: u16, body: Value, challenge: Option<&str>) {
    assert_eq!((answer.status, answer.json()), (status, body));
    assert_eq!(answer.header("www-authenticate"), challenge);
}

fn not_authenticated(answer: &Answer) {
    is(answer, 401, json!({"detail": "Not authenticated"}), Some("Bearer"));
}

fn not_validated(answer: &Answer, challenge: &str) {
    is(answer, 401, json!({"detail": "Could not validate credentials"}), Some(challenge));
}

#[tokio::test]
async fn tutorial001() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let path = "/tutorial001/items/";
    not_authenticated(&server.get(path).await);
    is(&server.get_as(path, "testtoken").await, 200, json!({"token": "testtoken"}), None);
    not_authenticated(&server.request("GET", path, &["authorization: Notexistent testtoken"]).await);
    let answer = server.get("/tutorial001/items").await;
    assert_eq!((answer.status, answer.header("location")), (307, Some("/tutorial001/items/")));
}

#[tokio::test]
async fn tutorial002() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let path = "/tutorial002/users/me";
    not_authenticated(&server.get(path).await);
    let expected = json!({
        "username": "testtokenfakedecoded", "email": "john@example.com", "full_name": "John Doe", "disabled": null,
    });
    is(&server.get_as(path, "testtoken").await, 200, expected, None);
    not_authenticated(&server.request("GET", path, &["authorization: Notexistent testtoken"]).await);
}

#[tokio::test]
async fn tutorial003() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let token = "/tutorial003/token";
    let path = "/tutorial003/users/me";
    let answer = server.post_form(token, "username=johndoe&password=secret").await;
    is(&answer, 200, json!({"access_token": "johndoe", "token_type": "bearer"}), None);
    let wrong = json!({"detail": "Incorrect username or password"});
    is(&server.post_form(token, "username=johndoe&password=incorrect").await, 400, wrong.clone(), None);
    is(&server.post_form(token, "username=foo&password=secret").await, 400, wrong, None);
    not_authenticated(&server.get(path).await);
    let expected = json!({
        "username": "johndoe", "email": "johndoe@example.com", "full_name": "John Doe", "disabled": false,
        "hashed_password": "fakehashedsecret",
    });
    is(&server.get_as(path, "johndoe").await, 200, expected, None);
    not_authenticated(&server.get_as(path, "nonexistent").await);
    not_authenticated(&server.request("GET", path, &["authorization: Notexistent testtoken"]).await);
    is(&server.get_as(path, "alice").await, 400, json!({"detail": "Inactive user"}), None);
}

#[tokio::test]
async fn tutorial004() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let token = server.log_in("/tutorial004/token", "username=johndoe&password=secret").await;
    let expected =
        json!({"username": "johndoe", "email": "johndoe@example.com", "full_name": "John Doe", "disabled": false});
    is(&server.get_as("/tutorial004/users/me/", &token).await, 200, expected, None);
    let items = json!([{"item_id": "Foo", "owner": "johndoe"}]);
    is(&server.get_as("/tutorial004/users/me/items/", &token).await, 200, items, None);
    for form in ["username=johndoe&password=incorrect", "username=foo&password=secret"] {
        let answer = server.post_form("/tutorial004/token", form).await;
        is(&answer, 401, json!({"detail": "Incorrect username or password"}), Some("Bearer"));
    }
    let path = "/tutorial004/users/me";
    assert_eq!(server.get(path).await.status, 307);
    let path = "/tutorial004/users/me/";
    not_authenticated(&server.get(path).await);
    not_validated(&server.get_as(path, "nonexistent").await, "Bearer");
    not_authenticated(&server.request("GET", path, &["authorization: Notexistent testtoken"]).await);
    // A token without `sub`, signed with the key that is printed in the tutorial.
    let without_sub =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjoiZm9vYmFyIn0.9ynBhuYb4e6aW3oJr_K_TBgwcMTDpRToQIE25L57rOE";
    not_validated(&server.get_as(path, without_sub).await, "Bearer");
}

#[tokio::test]
async fn tutorial005() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let login = "/tutorial005/token";
    let me = "/tutorial005/users/me/";
    let items = "/tutorial005/users/me/items/";
    let status = "/tutorial005/status/";
    let john = "username=johndoe&password=secret";
    let with_me = server.log_in(login, &format!("{john}&scope=me")).await;
    let with_both = server.log_in(login, &format!("{john}&scope=me+items")).await;
    let without = server.log_in(login, john).await;

    let wrong = server.post_form(login, "username=johndoe&password=incorrect").await;
    is(&wrong, 400, json!({"detail": "Incorrect username or password"}), None);
    assert_eq!(server.get_as(me, &with_me).await.json()["email"], "johndoe@example.com");
    is(&server.get_as(items, &with_both).await, 200, json!([{"item_id": "Foo", "owner": "johndoe"}]), None);
    is(&server.get_as(status, &without).await, 200, json!({"status": "ok"}), None);
    not_authenticated(&server.get(me).await);
    not_authenticated(&server.get(status).await);
    not_validated(&server.get_as(me, "nonexistent").await, r#"Bearer scope="me""#);
    not_validated(&server.get_as(status, "nonexistent").await, "Bearer");
    let few = json!({"detail": "Not enough permissions"});
    is(&server.get_as(me, &without).await, 401, few.clone(), Some(r#"Bearer scope="me""#));
    assert_eq!(server.get_as(items, &with_me).await.json(), few);

    let alice = server.log_in(login, "username=alice&password=secretalice&scope=me").await;
    is(&server.get_as(me, &alice).await, 400, json!({"detail": "Inactive user"}), None);
    is(&server.get_as(status, &alice).await, 200, json!({"status": "ok"}), None);
}

#[tokio::test]
async fn each_chapter_has_its_own_document() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let operations = |document: &Value| -> Vec<String> {
        let paths = document["paths"].as_object().unwrap();
        let each = paths
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| format!("{method} {path}")));
        each.collect()
    };
    for (chapter, expected, scopes) in [
        ("tutorial001", &["get /items/"][..], json!({})),
        ("tutorial002", &["get /users/me"], json!({})),
        ("tutorial003", &["post /token", "get /users/me"], json!({})),
        ("tutorial004", &["post /token", "get /users/me/", "get /users/me/items/"], json!({})),
        (
            "tutorial005",
            &["get /status/", "post /token", "get /users/me/", "get /users/me/items/"],
            json!({"me": "Read information about the current user.", "items": "Read items."}),
        ),
    ] {
        let document = example.server.get(&format!("/{chapter}/openapi.json")).await.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(operations(&document), expected, "{chapter}");
        let scheme = json!({"type": "oauth2", "flows": {"password": {"scopes": scopes, "tokenUrl": "token"}}});
        assert_eq!(document["components"]["securitySchemes"], json!({"OAuth2PasswordBearer": scheme}), "{chapter}");
    }
    let document = example.server.get("/tutorial005/openapi.json").await.json();
    let security = |path: &str| document["paths"][path]["get"]["security"][0]["OAuth2PasswordBearer"].clone();
    assert_eq!(security("/users/me/items/"), json!(["me", "items"]));
    assert_eq!(security("/status/"), json!([]));
}
