use auth_runtime::prelude::*;

#[requires_user]
#[authorize(|item| item.len() > 1)]
async fn items(item: String) {}

fn main() {}
