use auth_runtime::prelude::*;

#[requires(public || user)]
async fn items() {}

fn main() {}
