use auth_runtime::prelude::*;

#[derive(AuthUser)]
#[auth(no_password, always_active)]
struct Account {
    #[auth(username)]
    name: String,
}

fn main() {}
