use auth_runtime::prelude::*;

#[requires_role]
async fn items() {}

fn main() {}
