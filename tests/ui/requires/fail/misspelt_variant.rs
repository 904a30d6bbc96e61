use auth_runtime::prelude::*;
use tests::Scope;

#[requires(Scope::Itmes)]
async fn items() {}

fn main() {}
