use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes {
    #[scope("item")]
    Item(u32),
}

fn main() {}
