//! One handler at a time: a guarded function in an application of plain axum.

use auth_runtime::{AuthState, prelude::*};
use axum::{
    Router,
    extract::{FromRef, State},
    routing,
};
use tests::{Scope, User, server::TestServer};

use crate::support::{JOHN, key, login, users};

#[derive(Clone)]
struct AppState {
    auth: Auth<User>,
    greeting: &'static str,
}

impl AuthState for AppState {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

struct Greeting(&'static str);

impl FromRef<AppState> for Greeting {
    fn from_ref(state: &AppState) -> Self {
        Self(state.greeting)
    }
}

/// Without a method attribute: axum routes it.
#[requires_active_user]
async fn greet(State(Greeting(greeting)): State<Greeting>, user: User) -> String {
    format!("{greeting}, {}", user.username)
}

#[get("/not-used-here")]
#[requires_scopes(Scope::Me)]
async fn scoped() -> &'static str {
    "scoped"
}

/// Not annotated at all: the user is an extractor, and admits active users.
async fn by_extractor(user: User) -> String {
    user.username
}

async fn by_optional_extractor(user: Option<User>) -> String {
    user.map_or_else(|| "stranger".to_owned(), |user| user.username)
}

async fn untouched() -> &'static str {
    "as before"
}

#[tokio::test]
async fn a_guarded_function_stays_guarded_in_plain_axum() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let alice = crate::support::token_of(&auth, "alice", &[]).await;
    let app = Router::new()
        .route("/greet", routing::get(greet))
        .route("/scoped", routing::any(scoped))
        .route("/extractor", routing::get(by_extractor))
        .route("/optional", routing::get(by_optional_extractor))
        .route("/untouched", routing::get(untouched))
        .route("/login", routing::post(login))
        .with_state(AppState { auth, greeting: "Hello" });
    let server = TestServer::start_plain(app).await;

    assert_eq!(server.get("/untouched").await.body, "as before");
    for path in ["/greet", "/scoped", "/extractor"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
        assert_eq!(server.get_as(path, "garbage").await.status, 401, "{path}");
    }
    let token = server.log_in("/login", JOHN).await;
    assert_eq!(server.get_as("/greet", &token).await.body, "Hello, johndoe");
    assert_eq!(server.get_as("/extractor", &token).await.body, "johndoe");
    assert_eq!(server.get_as("/scoped", &token).await.status, 403);
    assert_eq!(server.get_as("/extractor", &alice).await.status, 403);

    assert_eq!(server.get("/optional").await.body, "stranger");
    assert_eq!(server.get_as("/optional", &token).await.body, "johndoe");
    let bearer = format!("authorization: Bearer {token}");
    for wrong in [&["authorization: Bearer garbage"][..], &["authorization: Bearer"], &[&bearer, &bearer]] {
        assert_eq!(server.request("GET", "/optional", wrong).await.status, 401, "wrong is never taken for absent");
    }
    assert_eq!(server.get_as("/optional", &alice).await.status, 403);
}

/// A guarded function as a middleware: what is behind it still asks for itself.
#[requires_user]
async fn middleware(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    next.run(request).await
}

#[tokio::test]
async fn a_guard_in_front_does_not_speak_for_what_is_behind_it() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let alice = crate::support::token_of(&auth, "alice", &[]).await;
    let john = crate::support::token_of(&auth, "johndoe", &[]).await;
    let state = AppState { auth, greeting: "Hello" };
    let app = Router::new()
        .route("/extractor", routing::get(by_extractor))
        .route("/optional", routing::get(by_optional_extractor))
        .layer(axum::middleware::from_fn_with_state(state.clone(), middleware))
        .with_state(state);
    let server = TestServer::start_plain(app).await;
    assert_eq!(server.get("/extractor").await.status, 401);
    assert_eq!(server.get_as("/extractor", &john).await.body, "johndoe");
    assert_eq!(server.get_as("/extractor", &alice).await.status, 403, "a user is enough in front, and not behind");
    assert_eq!(server.get_as("/optional", &alice).await.status, 403);
}
