use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
struct Account {
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: PasswordHash,
}

fn main() {}
