use auth_runtime::prelude::*;

#[requires_user]
#[authorize(item.len() > 1, or = 500)]
async fn items(item: String) {}

fn main() {}
