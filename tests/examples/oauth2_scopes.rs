//! The scopes program, in the standard profile.

use crate::process::{Example, Scratch};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_oauth2_scopes");

#[tokio::test]
async fn scopes_decide() {
    let scratch = Scratch::new();
    let example = Example::start(PROGRAM, &scratch);
    let server = &example.server;
    let john = |scope: &str| format!("username=johndoe&password=secret&scope={scope}");
    let none = server.log_in("/token", &john("")).await;
    let me = server.log_in("/token", &john("me")).await;
    let items = server.log_in("/token", &john("items")).await;
    let both = server.log_in("/token", &john("items+me")).await;
    for (path, allowed, refused) in [
        ("/status", &[&none, &me, &items, &both][..], &[][..]),
        ("/users/me", &[&me, &both], &[&none, &items]),
        ("/users/me/items", &[&both], &[&none, &me, &items]),
    ] {
        for token in allowed {
            assert_eq!(server.get_as(path, token).await.status, 200, "{path}");
        }
        for token in refused {
            let answer = server.get_as(path, token).await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.header("www-authenticate").unwrap().contains("insufficient_scope"));
        }
        assert_eq!(server.get(path).await.status, 401, "{path}");
    }
    let answer = server.post_form("/token", "username=alice&password=secretalice").await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")));
}
