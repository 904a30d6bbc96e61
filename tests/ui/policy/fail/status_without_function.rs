use auth_runtime::prelude::*;

#[policy(user, status = axum::http::StatusCode::NOT_FOUND)]
struct Members;

fn main() {}
