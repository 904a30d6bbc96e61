use auth_runtime::prelude::*;

#[get("/users")]
#[post("/users")]
#[public]
async fn users() {}

fn main() {}
