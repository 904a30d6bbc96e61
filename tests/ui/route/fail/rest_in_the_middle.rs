use auth_runtime::prelude::*;

#[get("/files/{*path}/meta")]
#[public]
async fn files() {}

fn main() {}
