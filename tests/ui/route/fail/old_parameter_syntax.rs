use auth_runtime::prelude::*;

#[get("/users/:id")]
#[public]
async fn users() {}

fn main() {}
