use auth_runtime::prelude::*;

#[predicate]
fn odd() -> u8 {
    1
}

fn main() {}
