use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
struct Items;

fn main() {}
