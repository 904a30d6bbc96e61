use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(always_active)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(password_hash)]
    hash: String,
}

fn main() {}
