use auth_runtime::prelude::*;

#[public]
#[get = "/users"]
async fn users() {}

fn main() {}
