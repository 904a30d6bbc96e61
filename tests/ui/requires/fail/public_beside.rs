use auth_runtime::prelude::*;

#[public]
#[requires(user)]
async fn items() {}

fn main() {}
