use auth_runtime::prelude::*;

#[predicate]
fn odd() -> bool {
    true
}

#[requires(odd())]
async fn items() {}

fn main() {}
