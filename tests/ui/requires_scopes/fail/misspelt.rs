use auth_runtime::prelude::*;
use tests::Scope;

#[requires_scopes(Scope::Itmes)]
async fn items() {}

fn main() {}
