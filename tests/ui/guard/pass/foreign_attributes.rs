#![deny(warnings)]
use auth_runtime::{
    Auth, SecureRouter, get, post, requires_active_user, requires_scopes, requires_user,
};
use tests::{Scope, User};

/// Between ours, above them and below them; imported one by one, and not one import unused.
#[inline]
#[get("/between")]
#[tracing::instrument(skip_all)]
#[requires_active_user]
#[cfg_attr(all(), requires_scopes(Scope::Me))]
#[axum::debug_handler(state = Auth<User>)]
#[allow(clippy::unused_async)]
async fn between(user: User) -> String {
    user.username
}

#[cfg_attr(all(), post("/conditional"))]
#[cfg_attr(all(), requires_user)]
async fn conditional(#[cfg(all())] user: User, #[cfg(any())] nobody: Nobody) -> String {
    user.username
}

#[cfg(any())]
#[get("/absent")]
#[requires_user]
async fn absent(nobody: Nobody) {}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(between).mount(conditional);
}
