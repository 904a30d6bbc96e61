use auth_runtime::prelude::*;

#[get("/users/{}")]
#[public]
async fn users() {}

fn main() {}
