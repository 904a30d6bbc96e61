use auth_runtime::prelude::*;

#[predicate]
struct Odd;

fn main() {}
