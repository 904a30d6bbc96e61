use auth_runtime::prelude::*;

#[requires(not user)]
async fn items() {}

fn main() {}
