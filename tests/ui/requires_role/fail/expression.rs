use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin")]
    Admin,
    #[role("editor")]
    Editor,
}

#[requires_role(Role::Admin || Role::Editor)]
async fn items() {}

fn main() {}
