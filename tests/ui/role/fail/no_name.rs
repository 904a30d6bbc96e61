use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Admin,
}

fn main() {}
