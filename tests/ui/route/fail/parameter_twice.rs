use auth_runtime::prelude::*;

#[get("/users/{id}/friends/{id}")]
#[public]
async fn users() {}

fn main() {}
