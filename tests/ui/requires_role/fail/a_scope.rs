use auth_runtime::prelude::*;
use tests::Scope;

#[requires_role(Scope::Me)]
async fn items() {}

fn main() {}
