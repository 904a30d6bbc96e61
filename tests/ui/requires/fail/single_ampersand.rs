use auth_runtime::prelude::*;

#[requires(user & token)]
async fn items() {}

fn main() {}
