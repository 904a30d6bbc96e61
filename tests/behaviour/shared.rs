//! A user that is shared is the same user, let in or refused as one that is copied.

use std::sync::Arc;

use auth_runtime::{Shared, prelude::*};
use axum::{Router, routing};
use tests::{User, server::TestServer};

use crate::support::{key, token_of, users};

#[get("/both")]
#[requires_active_user]
async fn both(first: Shared<User>, second: Shared<User>, copied: User) -> String {
    let same = Arc::ptr_eq(&first.into_inner(), &second.clone().into_inner());
    format!("{same} {}", second.username == copied.username)
}

#[get("/any")]
#[requires_user]
async fn any(user: Shared<User>) -> Json<Shared<User>> {
    Json(user)
}

#[get("/optional")]
#[public]
async fn optional(user: Option<Shared<User>>) -> String {
    user.map_or_else(|| "stranger".to_owned(), |user| user.username.clone())
}

async fn unguarded(user: Shared<User>) -> String {
    user.username.clone()
}

#[tokio::test]
async fn a_shared_user_is_the_one_whom_the_guard_found_and_no_copy() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let (john, alice) = (token_of(&auth, "johndoe", &[]).await, token_of(&auth, "alice", &[]).await);
    let router = SecureRouter::new().mount(both).mount(any).mount(optional).docs("/docs");
    let server = TestServer::start(router.with_state(auth)).await;
    assert_eq!(server.get_as("/both", &john).await.body, "true true");
    for (path, token, status) in [
        ("/both", alice.as_str(), 403),
        ("/both", "garbage", 401),
        ("/any", &alice, 200),
        ("/optional", &john, 200),
        ("/optional", &alice, 403),
        ("/optional", "garbage", 401),
    ] {
        assert_eq!(server.get_as(path, token).await.status, status, "{path} {token}");
    }
    assert_eq!(server.get("/both").await.status, 401);
    assert_eq!(server.get("/optional").await.body, "stranger");
    let alice = server.get_as("/any", &alice).await.json();
    assert_eq!(alice, serde_json::json!({"username": "alice", "disabled": true}), "and nothing of the hash");

    let document = server.get("/openapi.json").await.json();
    let schema = &document["paths"]["/any"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/User");
    assert!(document["components"]["schemas"]["User"]["properties"]["username"].is_object());
}

#[tokio::test]
async fn without_a_guard_a_shared_user_is_an_active_one() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let (john, alice) = (token_of(&auth, "johndoe", &[]).await, token_of(&auth, "alice", &[]).await);
    let router = Router::new().route("/", routing::get(unguarded)).with_state(auth);
    let server = TestServer::start_plain(router).await;
    assert_eq!(server.get_as("/", &john).await.body, "johndoe");
    assert_eq!(server.get_as("/", &alice).await.status, 403);
    assert_eq!(server.get_as("/", "garbage").await.status, 401);
    assert_eq!(server.get("/").await.status, 401);
}
