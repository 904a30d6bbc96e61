use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(roles)]
    roles: Vec<String>,
}

fn main() {}
