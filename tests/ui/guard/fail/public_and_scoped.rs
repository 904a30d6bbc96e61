use auth_runtime::prelude::*;
use tests::Scope;

#[requires_scopes(Scope::Me)]
#[public]
async fn users() {}

fn main() {}
