use auth_runtime::prelude::*;

#[policy]
struct Members;

fn main() {}
