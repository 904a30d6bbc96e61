use auth_runtime::prelude::*;

#[requires_role("admin")]
async fn items() {}

fn main() {}
