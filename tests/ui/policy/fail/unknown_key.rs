use auth_runtime::prelude::*;

#[policy(user, status = 404, otherwise = 1)]
struct Members;

fn main() {}
