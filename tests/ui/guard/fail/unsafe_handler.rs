use auth_runtime::prelude::*;

#[requires_user]
async unsafe fn users() {}

fn main() {}
