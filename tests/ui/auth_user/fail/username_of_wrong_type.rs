use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Account {
    #[auth(username)]
    id: u64,
}

fn main() {}
