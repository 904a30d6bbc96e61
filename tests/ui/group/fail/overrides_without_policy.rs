use auth_runtime::prelude::*;

#[overrides_group]
#[get("/items")]
async fn items() {}

fn main() {}
