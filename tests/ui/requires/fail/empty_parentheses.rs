use auth_runtime::prelude::*;

#[requires(user && ())]
async fn items() {}

fn main() {}
