#![deny(warnings)]
use auth_runtime::prelude::*;
use tests::{Scope, User};
use axum::{extract::State, http::HeaderMap, response::Response};

/// With another macro, which knows the arguments by their names.
#[token_endpoint("/token")]
#[tracing::instrument(skip(form, _auth), fields(user = user.username))]
#[allow(clippy::result_large_err)]
async fn login(
    mut user: User,
    State(_auth): State<Auth<User>>,
    _headers: HeaderMap,
    form: PasswordRequestFormStrict<Scope>,
) -> Result<Grant<Scope>, Response> {
    user.username.make_ascii_lowercase();
    Ok(Grant::to(user).scopes(form.scopes))
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(login);
}
