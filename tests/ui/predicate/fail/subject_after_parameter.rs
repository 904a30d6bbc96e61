use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[predicate]
fn longer_than(length: usize, robot: &Robot) -> bool {
    robot.name.len() > length
}

fn main() {}
