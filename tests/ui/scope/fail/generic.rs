use auth_runtime::prelude::*;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes<T> {
    #[scope("items")]
    Items(T),
}

fn main() {}
