use auth_runtime::prelude::*;
use tests::Scope;

#[requires_token]
#[requires_scopes(Scope::Me)]
async fn users() {}

fn main() {}
