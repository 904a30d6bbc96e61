use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[predicate]
fn longer_than(robot: &Robot, length: usize) -> bool {
    robot.name.len() > length
}

#[requires(longer_than)]
async fn items() {}

fn main() {}
