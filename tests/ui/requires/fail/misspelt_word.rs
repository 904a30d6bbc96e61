use auth_runtime::prelude::*;

#[requires(activ_user)]
async fn items() {}

fn main() {}
