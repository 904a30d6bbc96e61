use auth_runtime::prelude::*;

#[requires_user]
#[authorize]
async fn items(item: String) {}

fn main() {}
