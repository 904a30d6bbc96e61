use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Account {
    #[auth(name)]
    name: String,
}

fn main() {}
