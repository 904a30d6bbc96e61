use auth_runtime::prelude::*;
use tests::User;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[get("/me")]
#[requires_user]
async fn me(robot: Robot) -> String {
    robot.name
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(me);
}
