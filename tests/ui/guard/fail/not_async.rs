use auth_runtime::prelude::*;

#[get("/users")]
#[requires_user]
fn users() {}

fn main() {}
