use auth_runtime::prelude::*;

#[requires_user]
#[authorize(item.len() > 1)]
#[authorize(item.len() < 9)]
async fn items(item: String) {}

fn main() {}
