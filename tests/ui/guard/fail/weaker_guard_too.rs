use auth_runtime::prelude::*;

#[requires_user]
#[requires_active_user]
async fn users() {}

fn main() {}
