use auth_runtime::prelude::*;

#[get("/users")]
#[public]
#[requires_user]
async fn users() {}

fn main() {}
