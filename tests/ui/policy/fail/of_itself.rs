use auth_runtime::prelude::*;

#[policy(Members)]
struct Members;

fn main() {}
