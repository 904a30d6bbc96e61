use auth_runtime::prelude::*;
use tests::Scope;

#[requires_scopes(Scope::Me)]
#[requires_scopes(Scope::Items)]
async fn items() {}

fn main() {}
