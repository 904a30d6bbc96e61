use auth_runtime::prelude::*;
use tests::Scope;

#[requires_user(Scope::Me)]
async fn users() {}

fn main() {}
