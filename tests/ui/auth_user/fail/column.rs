use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(always_active, no_password)]
struct Injected {
    #[auth(username, column = "name\"; DROP TABLE users; --")]
    name: String,
}

#[derive(AuthUser, Clone)]
#[auth(always_active, no_password)]
struct Twice {
    #[auth(username, column = "email")]
    name: String,
    email: String,
}

#[derive(AuthUser, Clone)]
#[auth(always_active, no_password)]
struct Verified {
    #[auth(username)]
    name: String,
    #[auth(verified)]
    verified: Option<String>,
}

fn main() {}
