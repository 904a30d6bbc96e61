//! The seed program: the chapter's answers, and no hash leaves the server.

use serde_json::json;

use crate::process::{Example, Scratch};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_simple_oauth2");

#[tokio::test]
async fn answers_as_the_chapter_shows() {
    let scratch = Scratch::new();
    let example = Example::start(PROGRAM, &scratch);
    let server = &example.server;

    let answer = server.get("/users/me").await;
    assert_eq!((answer.status, answer.json()), (401, json!({"detail": "Not authenticated"})));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let answer = server.post_form("/token", "username=johndoe&password=wrong").await;
    assert_eq!((answer.status, answer.json()), (400, json!({"detail": "Incorrect username or password"})));

    let answer = server.post_form("/token", "grant_type=password&username=johndoe&password=secret").await;
    assert_eq!((answer.status, &answer.json()["token_type"]), (200, &json!("bearer")));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(token, "johndoe", "the token is a real one");
    let answer = server.get_as("/users/me", &token).await;
    let expected =
        json!({"username": "johndoe", "email": "johndoe@example.com", "full_name": "John Doe", "disabled": false});
    assert_eq!((answer.status, answer.json()), (200, expected));

    let alice = server.log_in("/token", "username=alice&password=secret2").await;
    let answer = server.get_as("/users/me", &alice).await;
    assert_eq!((answer.status, answer.json()), (400, json!({"detail": "Inactive user"})));
    let answer = server.get_as("/users/me", "johndoe").await;
    assert_eq!((answer.status, answer.json()), (401, json!({"detail": "Could not validate credentials"})));

    let document = server.get("/openapi.json").await;
    assert!(!document.body.contains("hashed_password"), "{}", document.body);
    assert_eq!(server.get("/docs").await.status, 200);
}

#[tokio::test]
async fn users_and_tokens_survive_a_restart() {
    let scratch = Scratch::new();
    let example = Example::start(PROGRAM, &scratch);
    let token = example.server.log_in("/token", "username=johndoe&password=secret").await;
    assert_eq!(example.stop(), Some(0), "SIGTERM ends it in good order");

    let read = |name: &str| std::fs::read(scratch.0.join(name)).unwrap_or_default();
    let stored = [read("simple_oauth2.db"), read("simple_oauth2.db-wal")].concat();
    let stored = String::from_utf8_lossy(&stored);
    assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "seeded with argon2id");

    let example = Example::start(PROGRAM, &scratch);
    assert_eq!(example.server.get_as("/users/me", &token).await.status, 200);
}
