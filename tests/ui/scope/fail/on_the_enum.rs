use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
#[scope("items")]
enum Scopes {
    #[scope("items")]
    Items,
}

fn main() {}
