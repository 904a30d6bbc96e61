use auth_runtime::prelude::*;
use tests::{Scope, User};
use axum::{Router, routing::get};

#[requires_active_user]
async fn me(user: User) -> Json<User> {
    Json(user)
}

#[get("/unused")]
#[requires_scopes(Scope::Me)]
async fn scoped() {}

fn main() {
    let _: Router<Auth<User>> = Router::new().route("/me", get(me)).route("/scoped", get(scoped));
}
