use auth_runtime::prelude::*;

#[requires_user]
struct Users;

fn main() {}
