use auth_runtime::prelude::*;

#[get("/users?active=true")]
#[public]
async fn users() {}

fn main() {}
