use auth_runtime::prelude::*;

fn sorry() {}

#[policy(user, refuse_with = sorry)]
struct Members;

fn main() {}
