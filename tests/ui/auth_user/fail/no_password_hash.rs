use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
}

fn main() {}
