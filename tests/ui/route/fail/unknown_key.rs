use auth_runtime::prelude::*;

#[get("/users", summary = "Users")]
#[public]
async fn users() {}

fn main() {}
