//! The smaller examples, each as its own text says to try it.

use serde_json::json;
use tests::server::{Answer, TestServer};

use crate::process::{Example, Scratch};

pub(crate) const API_KEYS: &str = env!("CARGO_BIN_EXE_api_keys");
pub(crate) const BASIC: &str = env!("CARGO_BIN_EXE_basic");
pub(crate) const ROLES: &str = env!("CARGO_BIN_EXE_roles");
pub(crate) const OWNERSHIP: &str = env!("CARGO_BIN_EXE_ownership");
const WEBSOCKET: &str = env!("CARGO_BIN_EXE_websocket");
const LOGIN_PAGE: &str = env!("CARGO_BIN_EXE_login_page");
pub(crate) const TOKEN_SERVER: &str = env!("CARGO_BIN_EXE_token_server");
pub(crate) const WATCHING: &str = env!("CARGO_BIN_EXE_watching");
pub(crate) const ADOPT: &str = env!("CARGO_BIN_EXE_adopt");

/// Each with the number of its rows in the access table; all but the last serve a document.
pub(crate) const PROGRAMS: [(&str, usize); 8] = [
    (API_KEYS, 2),
    (BASIC, 1),
    (ROLES, 7),
    (OWNERSHIP, 5),
    (WEBSOCKET, 2),
    (TOKEN_SERVER, 16),
    (WATCHING, 3),
    (LOGIN_PAGE, 8),
];

async fn log_in(server: &TestServer, username: &str) -> String {
    server.log_in("/token", &format!("username={username}&password=secret")).await
}

fn challenge(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.header("www-authenticate"))
}

#[tokio::test]
async fn api_keys() {
    let example = Example::start(API_KEYS, &Scratch::new());
    let server = &example.server;
    let ask = async |method: &str, headers: &[&str]| server.request(method, "/measurements", headers).await;
    assert_eq!(challenge(&ask("GET", &[]).await), (401, Some(r#"APIKey realm="api""#)));
    assert_eq!(
        ask("GET", &["x-api-key: display-7e0d51b9"]).await.json(),
        json!([{"station": "roof", "celsius": 18.5}])
    );
    assert_eq!(ask("POST", &["x-api-key: display-7e0d51b9"]).await.status, 403);
    assert_eq!(ask("POST", &["x-api-key: roof-c41f8a20"]).await.json()["station"], "roof");
    // Who may write may read.
    assert_eq!(ask("GET", &["x-api-key: roof-c41f8a20"]).await.status, 200);
    assert_eq!(ask("GET", &["x-api-key: guessed"]).await.status, 401);
}

#[tokio::test]
async fn basic() {
    let example = Example::start(BASIC, &Scratch::new());
    let server = &example.server;
    let ask = async |headers: &[&str]| server.request("GET", "/", headers).await;
    let realm = r#"Basic realm="workshop", charset="UTF-8""#;
    assert_eq!(challenge(&ask(&[]).await), (401, Some(realm)));
    let page = ask(&["accept: text/html"]).await;
    assert_eq!(challenge(&page), (401, Some(realm)));
    assert!(page.body.contains("Members only."));
    let stanley = ask(&["authorization: Basic c3RhbmxleTpzd29yZGZpc2g="]).await;
    assert!(stanley.status == 200 && stanley.body.contains("Welcome, stanley."), "{stanley:?}");
    // A wrong password, an unknown name.
    for wrong in ["c3RhbmxleTp3cm9uZw==", "bm9ib2R5OnN3b3JkZmlzaA=="] {
        assert_eq!(ask(&[&format!("authorization: Basic {wrong}")]).await.status, 401);
    }
}

#[tokio::test]
async fn watching() {
    let example = Example::start(WATCHING, &Scratch::new());
    let server = &example.server;
    let token = server.log_in("/token", "username=johndoe&password=secret").await;
    for (username, password) in [("johndoe", "wrong"), ("johndoe", "wronger"), ("nobody", "secret")] {
        assert_eq!(server.post_form("/token", &format!("username={username}&password={password}")).await.status, 400);
    }
    assert_eq!(server.get("/metrics").await.status, 401);
    let metrics = server.get_once_as("/metrics", &token).await.body;
    for line in [
        r#"auth_events_total{event="login.granted",reason=""} 1"#,
        r#"auth_events_total{event="login.refused",reason="wrong_password"} 2"#,
        r#"auth_events_total{event="login.refused",reason="unknown_user"} 1"#,
        r#"auth_events_total{event="access.refused",reason="no_credentials"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}

#[tokio::test]
async fn roles() {
    let example = Example::start(ROLES, &Scratch::new());
    let server = &example.server;
    assert_eq!(server.get("/").await.body, "The magazine.\n");
    for path in ["/archive", "/desk/drafts", "/me", "/nothing"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
    }
    for (user, archive, drafts, nothing) in [
        ("paula", 200, 200, 404),
        ("edgar", 403, 200, 404),
        ("anna", 200, 403, 404),
        ("august", 403, 403, 404),
        ("reader", 403, 403, 404),
    ] {
        let token = log_in(server, user).await;
        let status = async |path: &str| server.get_as(path, &token).await.status;
        let answers = (status("/archive").await, status("/desk/drafts").await, status("/nothing").await);
        assert_eq!(answers, (archive, drafts, nothing), "{user}");
    }
}

#[tokio::test]
async fn ownership() {
    let example = Example::start(OWNERSHIP, &Scratch::new());
    let server = &example.server;
    let (john, alice, mona) =
        (log_in(server, "johndoe").await, log_in(server, "alice").await, log_in(server, "mona").await);
    let status = async |path: &str, token: &str| server.get_as(path, token).await.status;
    for (id, of_john, of_alice, of_mona) in
        [(1, 200, 404, 200), (2, 404, 200, 200), (3, 200, 200, 200), (4, 404, 404, 404)]
    {
        let path = format!("/notes/{id}");
        let answers = (status(&path, &john).await, status(&path, &alice).await, status(&path, &mona).await);
        assert_eq!(answers, (of_john, of_alice, of_mona), "{path}");
    }
    assert_eq!((status("/random", &john).await, status("/random", &alice).await), (404, 200));
    // What is hidden looks as what is not there.
    let (hidden, missing) = (server.get_as("/notes/2", &john).await, server.get_as("/notes/4", &john).await);
    assert_eq!((&hidden.body, hidden.header("content-type")), (&missing.body, missing.header("content-type")));
    let browser = server.request("GET", "/notes/1", &["accept: text/html"]).await;
    assert_eq!((browser.status, browser.header("location")), (303, Some("/docs?next=/notes/1")));
    let clear =
        async |token: &str| server.request("DELETE", "/notes", &[&format!("authorization: Bearer {token}")]).await;
    assert_eq!(clear(&alice).await.status, 403);
    assert_eq!(clear(&mona).await.body, "3 notes are gone.\n");
}

#[tokio::test]
async fn adopting_one_handler() {
    let example = Example::start(ADOPT, &Scratch::new());
    let server = &example.server;
    assert_eq!(server.get("/").await.body, "Hello.");
    assert_eq!(server.get("/report").await.status, 401);
    assert_eq!(server.get_as("/report", &log_in(server, "johndoe").await).await.body, "Hello. All is well.\n");
    assert_eq!(server.get("/archive").await.status, 200);
}

/// Whoever may not have it is refused before the upgrade.
#[tokio::test]
async fn websocket() {
    use futures_util::StreamExt;
    use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};

    let example = Example::start(WEBSOCKET, &Scratch::new());
    let server = &example.server;
    let open = async |token: Option<String>| {
        let mut request = format!("ws://{}/news", server.address).into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        tokio_tungstenite::connect_async(request).await
    };
    let refused = async |token: Option<String>| match open(token).await {
        Err(Error::Http(response)) => {
            (response.status().as_u16(), response.headers()["www-authenticate"].to_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(None).await, (401, r#"Bearer realm="api""#.to_owned()));
    let without = server.log_in("/token", "username=johndoe&password=secret").await;
    let (status, challenge) = refused(Some(without)).await;
    assert!(status == 403 && challenge.contains(r#"scope="news""#), "{challenge}");
    let token = server.log_in("/token", "username=johndoe&password=secret&scope=news").await;
    let (mut socket, _) = open(Some(token)).await.unwrap();
    let first = socket.next().await.unwrap().unwrap();
    assert_eq!(first, Message::text("Good morning, johndoe."));
}
