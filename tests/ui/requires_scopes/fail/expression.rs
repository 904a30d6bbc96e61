use auth_runtime::prelude::*;
use tests::Scope;

#[requires_scopes(Scope::Me || Scope::Items)]
async fn items() {}

fn main() {}
