//! A user that is shared is the same user, let in or refused as one that is copied.

use std::sync::Arc;

use auth_runtime::{Lookup, Shared, UserStore, prelude::*};
use axum::{Router, extract::State, routing};
use tests::{User, server::TestServer};

use crate::support::{key, token_of, users};

/// A state that knows its users beside the `Auth`.
#[derive(Clone)]
struct App {
    auth: Auth<User>,
    users: MemoryUsers<User>,
}

impl AuthState for App {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

impl App {
    fn new() -> Self {
        let users = users();
        Self { auth: Auth::builder(users.clone()).signing_key(key()).build().unwrap(), users }
    }

    async fn tokens(&self) -> [String; 2] {
        [token_of(&self.auth, "johndoe", &[]).await, token_of(&self.auth, "alice", &[]).await]
    }
}

/// Whether this is the user whom the store has, in one place.
#[get("/same")]
#[requires_active_user]
async fn same(State(app): State<App>, Shared(user): Shared<User>, another: User) -> String {
    let Lookup::Known(Some(stored)) = app.users.find_shared("johndoe") else {
        return "no such user".to_owned();
    };
    (Arc::ptr_eq(&user, &stored) && another.username == user.username).to_string()
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

async fn serve(app: App) -> TestServer {
    let router = SecureRouter::new().mount(same).mount(any).mount(optional).docs("/docs");
    TestServer::start(router.with_state(app)).await
}

#[tokio::test]
async fn a_shared_user_is_the_one_in_the_store_and_no_copy() {
    let app = App::new();
    let [john, _] = app.tokens().await;
    assert_eq!(serve(app).await.get_as("/same", &john).await.body, "true");
}

#[tokio::test]
async fn a_shared_user_is_let_in_and_refused_as_the_policy_says() {
    let app = App::new();
    let [john, disabled] = app.tokens().await;
    let server = serve(app).await;
    for (path, token, status) in [
        ("/same", disabled.as_str(), 403),
        ("/same", "garbage", 401),
        ("/any", &disabled, 200),
        ("/optional", &john, 200),
        ("/optional", &disabled, 403),
        ("/optional", "garbage", 401),
    ] {
        assert_eq!(server.get_as(path, token).await.status, status, "{path} {token}");
    }
    assert_eq!(server.get("/same").await.status, 401);
    assert_eq!(server.get("/optional").await.body, "stranger");
}

#[tokio::test]
async fn without_a_guard_a_shared_user_is_an_active_one() {
    let app = App::new();
    let [john, disabled] = app.tokens().await;
    let server = TestServer::start_plain(Router::new().route("/", routing::get(unguarded)).with_state(app)).await;
    assert_eq!(server.get_as("/", &john).await.body, "johndoe");
    assert_eq!(server.get_as("/", &disabled).await.status, 403);
    assert_eq!(server.get_as("/", "garbage").await.status, 401);
    assert_eq!(server.get("/").await.status, 401);
}

#[tokio::test]
async fn a_shared_user_is_written_and_described_as_the_user_is() {
    let app = App::new();
    let [_, disabled] = app.tokens().await;
    let server = serve(app).await;
    let alice = server.get_as("/any", &disabled).await.json();
    assert_eq!(alice, serde_json::json!({"username": "alice", "disabled": true}), "and nothing of the hash");
    let document = server.get("/openapi.json").await.json();
    let schema = &document["paths"]["/any"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/User");
    assert!(document["components"]["schemas"]["User"]["properties"]["username"].is_object());
}
