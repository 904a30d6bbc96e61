use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin", implies(Editor))]
    Admin,
    #[role("editor")]
    Editor,
}

fn main() {}
