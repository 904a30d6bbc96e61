use auth_runtime::prelude::*;

#[requires()]
async fn items() {}

fn main() {}
