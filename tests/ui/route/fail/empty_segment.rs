use auth_runtime::prelude::*;

#[get("/users//me")]
#[public]
async fn users() {}

fn main() {}
