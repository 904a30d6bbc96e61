use auth_runtime::prelude::*;

#[get("/items")]
#[requires_user]
#[observe(true)]
async fn items() {}

fn main() {}
