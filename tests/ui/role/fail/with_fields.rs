use auth_runtime::prelude::*;

#[derive(Role, Debug)]
enum Role {
    #[role("admin")]
    Admin(u8),
}

fn main() {}
