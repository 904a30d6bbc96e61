use auth_runtime::prelude::*;

#[requires(true)]
async fn items() {}

fn main() {}
