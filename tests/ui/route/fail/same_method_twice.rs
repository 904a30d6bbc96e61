use auth_runtime::prelude::*;

#[get("/users")]
#[get("/people")]
#[public]
async fn users() {}

fn main() {}
