use auth_runtime::prelude::*;

#[get("/items")]
#[public]
#[accept()]
async fn items() {}

fn main() {}
