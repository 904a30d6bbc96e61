use auth_runtime::prelude::*;

#[public]
#[public]
async fn users() {}

fn main() {}
