use auth_runtime::prelude::*;

#[get]
#[public]
async fn me() {}

fn main() {}
