use auth_runtime::prelude::*;

#[get("/users", tag = "a", tag = "b")]
#[public]
async fn users() {}

fn main() {}
