use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    #[scope("write", implies(Raed))]
    Write,
    #[scope("read")]
    Read,
}

fn main() {}
