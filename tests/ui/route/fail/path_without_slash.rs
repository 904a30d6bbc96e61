use auth_runtime::prelude::*;

#[get("users/me")]
#[public]
async fn me() {}

fn main() {}
