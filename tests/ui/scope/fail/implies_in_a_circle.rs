use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    #[scope("read", implies(Write))]
    Read,
    #[scope("write", implies(Read))]
    Write,
}

fn main() {}
