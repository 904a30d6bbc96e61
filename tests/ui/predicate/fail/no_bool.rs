use auth_runtime::prelude::*;

#[predicate]
fn odd() {}

fn main() {}
