use auth_runtime::prelude::*;

#[get("/items")]
#[public]
#[observe]
async fn items() {}

fn main() {}
