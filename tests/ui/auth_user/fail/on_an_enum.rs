use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
enum Account {
    Admin,
}

fn main() {}
