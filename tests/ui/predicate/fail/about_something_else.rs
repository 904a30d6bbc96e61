use auth_runtime::prelude::*;

#[predicate]
fn odd(number: &u8) -> bool {
    number % 2 == 1
}

fn main() {}
