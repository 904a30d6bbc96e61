use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin")]
    Admin,
}

use Role::Admin;

#[requires_role(Admin)]
async fn items() {}

fn main() {}
