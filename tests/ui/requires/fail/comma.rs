use auth_runtime::prelude::*;
use tests::Scope;

#[requires(Scope::Me, Scope::Items)]
async fn items() {}

fn main() {}
