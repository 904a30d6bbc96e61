use auth_runtime::prelude::*;

#[requires_scopes("items")]
async fn items() {}

fn main() {}
