use auth_runtime::prelude::*;

#[policy(user)]
fn members() {}

fn main() {}
