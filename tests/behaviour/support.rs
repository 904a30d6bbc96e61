//! The application that most tests here ask: one handler for each kind of policy, in either profile.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use auth_runtime::{Argon2id, Clock, PasswordHasher, Randomness, prelude::*};
use tests::{Scope, User, server::TestServer};

pub(crate) const JOHN: &str = "username=johndoe&password=secret";
pub(crate) const ALICE: &str = "username=alice&password=secretalice";

#[token_endpoint("/token")]
pub(crate) async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

#[get("/token-only")]
#[requires_token]
pub(crate) async fn token_only(token: AccessToken) -> String {
    token.subject.clone()
}

#[get("/user")]
#[requires_user]
pub(crate) async fn any_user(user: User) -> Json<User> {
    Json(user)
}

#[get("/active")]
#[requires_active_user]
pub(crate) async fn active(user: User) -> Json<User> {
    Json(user)
}

#[get("/scoped")]
#[requires_scopes(Scope::Me, Scope::Items)]
pub(crate) async fn scoped() -> &'static str {
    "scoped"
}

#[get("/both")]
#[requires_scopes(Scope::Me)]
#[requires_active_user]
pub(crate) async fn both() -> &'static str {
    "both"
}

#[get("/public")]
#[public]
pub(crate) async fn open() -> &'static str {
    "public"
}

#[get("/optional")]
#[public]
pub(crate) async fn optional(user: Option<User>) -> String {
    user.map_or_else(|| "stranger".to_owned(), |user| user.username)
}

#[post("/notes")]
#[requires_active_user]
pub(crate) async fn write_note(user: User, note: String) -> String {
    format!("{}: {note}", user.username)
}

pub(crate) fn router() -> SecureRouter<Auth<User>> {
    SecureRouter::new()
        .mount(login)
        .mount(token_only)
        .mount(any_user)
        .mount(active)
        .mount(scoped)
        .mount(both)
        .mount(open)
        .mount(optional)
        .mount(write_note)
        .docs("/docs")
}

pub(crate) fn user(username: &str, password: &str, disabled: bool) -> User {
    let hashed_password = Argon2id::default().hash(password).unwrap();
    User { username: username.to_owned(), disabled, hashed_password }
}

/// The users of the profile table: johndoe, and alice, who is disabled.
pub(crate) fn users() -> MemoryUsers<User> {
    // Hashed once for all tests.
    static USERS: LazyLock<[User; 2]> =
        LazyLock::new(|| [user("johndoe", "secret", false), user("alice", "secretalice", true)]);
    MemoryUsers::from_iter(USERS.clone())
}

/// A clock that a test moves.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(hand.0.load(Ordering::SeqCst)))
    }

    pub(crate) fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(&Randomness::default()).unwrap()
}

/// The application in a profile, with a clock that the test moves.
pub(crate) async fn serve(profile: Profile) -> (TestServer, Hand) {
    let hand = Hand::new();
    let auth = Auth::builder(users()).signing_key(key()).profile(profile).clock(hand.clock()).build().unwrap();
    (TestServer::start(router().with_state(auth)).await, hand)
}

/// A token for a user whom the standard profile does not let log in, as if issued before she was disabled.
pub(crate) async fn token_of(auth: &Auth<User>, subject: &str, scopes: &[&str]) -> String {
    token_of_users(auth, subject, scopes).await
}

/// The same, for users of whatever type.
pub(crate) async fn token_of_users<U>(auth: &Auth<U>, subject: &str, scopes: &[&str]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
    let request = auth_runtime::TokenRequest::new(subject, &scopes);
    auth.issue_token(request).await.unwrap().token.expose().to_owned()
}
