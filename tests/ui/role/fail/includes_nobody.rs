use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin", includes(Editro))]
    Admin,
    #[role("editor")]
    Editor,
}

fn main() {}
