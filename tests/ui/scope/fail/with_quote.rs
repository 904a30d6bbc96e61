use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes {
    #[scope("it\"ems")]
    Items,
}

fn main() {}
