use auth_runtime::prelude::*;
use tests::{Scope, User};
use axum::{extract::State, http::HeaderMap, response::Response};

#[token_endpoint("/token")]
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
