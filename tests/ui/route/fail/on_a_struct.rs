use auth_runtime::prelude::*;

#[get("/users")]
#[public]
struct Users;

fn main() {}
