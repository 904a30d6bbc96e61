use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(password_hash)]
    hash: PasswordHash,
}

fn main() {}
