use auth_runtime::prelude::*;

#[get("/users")]
async fn users() {}

fn main() {}
