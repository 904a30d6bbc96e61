use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: String,
}

fn main() {}
