use auth_runtime::prelude::*;

#[requires(user and token)]
async fn items() {}

fn main() {}
