use auth_runtime::prelude::*;

#[authorize(item.len() > 1)]
async fn items(item: String) {}

fn main() {}
