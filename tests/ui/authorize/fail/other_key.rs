use auth_runtime::prelude::*;

#[requires_user]
#[authorize(item.len() > 1, else = 404)]
async fn items(item: String) {}

fn main() {}
