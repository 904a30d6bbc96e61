use auth_runtime::prelude::*;

#[requires_user]
#[authorize(item.len())]
async fn items(item: String) {}

fn main() {}
