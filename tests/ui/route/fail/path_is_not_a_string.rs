use auth_runtime::prelude::*;

#[get(users)]
#[public]
async fn me() {}

fn main() {}
