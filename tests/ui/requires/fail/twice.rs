use auth_runtime::prelude::*;

#[requires(user)]
#[requires(token)]
async fn items() {}

fn main() {}
