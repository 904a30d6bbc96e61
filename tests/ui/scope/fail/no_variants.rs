use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes {}

fn main() {}
