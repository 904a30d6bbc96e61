use auth_runtime::prelude::*;

#[requires_user]
async extern "C" fn users() {}

fn main() {}
