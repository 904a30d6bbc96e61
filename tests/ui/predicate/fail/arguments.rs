use auth_runtime::prelude::*;

#[predicate(user)]
fn odd() -> bool {
    true
}

fn main() {}
