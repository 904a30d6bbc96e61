use auth_runtime::prelude::*;

#[requires_user]
#[authorize(itme.len() > 1)]
async fn items(item: String) {}

fn main() {}
