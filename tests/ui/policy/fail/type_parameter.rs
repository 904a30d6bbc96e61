use auth_runtime::prelude::*;

#[policy(user)]
struct Members<T>(T);

fn main() {}
