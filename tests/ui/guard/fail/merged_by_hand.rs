use auth_runtime::prelude::*;

#[requires_user(merged)]
async fn users() {}

fn main() {}
