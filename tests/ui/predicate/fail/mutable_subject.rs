use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[predicate]
fn odd(robot: &mut Robot) -> bool {
    robot.name.is_empty()
}

fn main() {}
