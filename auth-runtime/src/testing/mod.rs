//! For tests: act as any user, call a handler's body, and see whether every route answers as it is declared to.
//!
//! It is there with the feature `testing`, which belongs into `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! auth-runtime = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A build with optimisations refuses to compile with it, so that it cannot ship. `cargo test --release` needs
//! `debug-assertions = true` in its profile.
//!
//! ```
//! use auth_runtime::{prelude::*, testing::{TestApp, guard}};
//!
//! #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
//! enum Scope {
//!     #[scope("me")]
//!     Me,
//! }
//!
//! #[derive(AuthUser, Clone)]
//! #[auth(no_password)]
//! struct User {
//!     #[auth(username)]
//!     name: String,
//!     #[auth(disabled)]
//!     disabled: bool,
//! }
//!
//! #[get("/greeting")]
//! #[requires(active_user && Scope::Me)]
//! async fn greeting(user: User) -> String {
//!     format!("Hello, {}.", user.name)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let key = SigningKey::generate(&auth_runtime::Randomness::default())?;
//! let auth = Auth::builder(MemoryUsers::<User>::new()).signing_key(key).build()?;
//! let app = TestApp::new(SecureRouter::new().mount(greeting).with_state(auth))?;
//! let john = User { name: "John".to_owned(), disabled: false };
//!
//! // As a user, without a store, a password or a token.
//! let answer = app.get("/greeting").acting_as(john.clone()).scopes([Scope::Me]).send().await;
//! assert_eq!(answer.text(), "Hello, John.");
//! assert_eq!(app.get("/greeting").acting_as(john.clone()).send().await.status(), 403);
//!
//! // The body alone.
//! assert_eq!(greeting(guard(), john).await, "Hello, John.");
//! # Ok(())
//! # }
//! ```
//!
//! What an authenticator finds is replaced where the test's `Auth` is built, by
//! [`AuthBuilder::authenticator`](crate::AuthBuilder::authenticator).
//!
//! A token that was verified is kept, and the next request with it is spared its signature. The same tests run without that cache
//! by `AUTH_TESTING_KEEPS_NO_TOKENS=1 cargo test`, where
//! [`AuthBuilder::verified_tokens`](crate::AuthBuilder::verified_tokens) does not say otherwise.

#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `testing` of auth-runtime lets a program act as any user, and this build has optimisations: keep the feature in [dev-dependencies], or set `debug-assertions = true` in the profile of a test"
);

mod app;
mod authorization;
pub mod contract;
mod snapshot;

use std::sync::Arc;

use axum::response::Response;

pub use self::{
    app::{ActingRequest, TestApp, TestRequest, TestResponse},
    authorization::{AuthorizationTest, Report},
    snapshot::assert_access_table,
};
use crate::{
    error::Refusal,
    guard::{self, Guard},
    policy::NamedPolicy,
    proof::{self, Authorized},
    scope::Scope,
    token::AccessClaims,
    user::AuthUser,
};

/// The guard of a handler that is called directly: `read_users_me(guard(), user).await`.
#[must_use]
pub fn guard<E, D: Default>() -> Guard<E, D> {
    guard::for_test()
}

/// The proof that a function demands, for a test of that function.
#[must_use]
pub fn authorized<P: NamedPolicy>() -> Authorized<P> {
    proof::for_test()
}

/// A user who makes a request, whatever the store and the tokens say. It travels with the request, where nothing from
/// outside can put it.
#[derive(Debug, Clone)]
pub struct Acting<U> {
    user: U,
    claims: Arc<AccessClaims>,
}

impl<U: AuthUser> Acting<U> {
    /// This user, with a token without scopes.
    pub fn user(user: U) -> Self {
        let claims = Arc::new(AccessClaims::new(user.username()));
        Self { user, claims }
    }

    /// With these scopes.
    #[must_use]
    pub fn scopes<S: Scope>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes = scopes.into_iter().map(|scope| scope.as_str().to_owned());
        self.claims = Arc::new(Arc::unwrap_or_clone(self.claims).scopes(scopes));
        self
    }

    pub(crate) fn principal(&self) -> (Option<Arc<AccessClaims>>, Option<Arc<U>>) {
        (Some(Arc::clone(&self.claims)), Some(Arc::new(self.user.clone())))
    }
}

/// Why a guard refused, beside the response to it.
#[derive(Debug, Clone)]
struct RefusedBy(Refusal);

pub(crate) fn marked(mut response: Response, refusal: &Refusal) -> Response {
    response.extensions_mut().insert(RefusedBy(refusal.clone()));
    response
}

fn refusal_of(response: &Response) -> Option<&Refusal> {
    response.extensions().get::<RefusedBy>().map(|RefusedBy(refusal)| refusal)
}
