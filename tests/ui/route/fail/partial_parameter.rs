use auth_runtime::prelude::*;

#[get("/users/user-{id}")]
#[public]
async fn users() {}

fn main() {}
