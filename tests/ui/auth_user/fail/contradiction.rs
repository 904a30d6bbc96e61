use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
}

fn main() {}
