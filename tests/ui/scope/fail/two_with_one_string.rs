use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes {
    #[scope("items")]
    Items,
    #[scope("items")]
    Things,
}

fn main() {}
