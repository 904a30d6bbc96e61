use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
struct Account(String);

fn main() {}
