use auth_runtime::prelude::*;

#[derive(Role)]
struct Role;

fn main() {}
