use auth_runtime::prelude::*;

#[requires_scopes()]
async fn items() {}

fn main() {}
