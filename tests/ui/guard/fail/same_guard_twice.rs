use auth_runtime::prelude::*;

#[requires_user]
#[get("/users")]
#[requires_user]
async fn users() {}

fn main() {}
