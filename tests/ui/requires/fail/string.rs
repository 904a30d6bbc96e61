use auth_runtime::prelude::*;

#[requires("me")]
async fn items() {}

fn main() {}
