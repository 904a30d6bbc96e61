use auth_runtime::prelude::*;

#[auth_runtime::group(user)]
async fn items() {}

fn main() {}
