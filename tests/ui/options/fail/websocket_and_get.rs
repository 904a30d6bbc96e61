use auth_runtime::prelude::*;

#[get("/items")]
#[websocket("/items")]
#[requires_user]
async fn items() {}

fn main() {}
