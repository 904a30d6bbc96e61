use auth_runtime::prelude::*;
use tests::User;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[predicate]
fn short(robot: &Robot) -> bool {
    robot.name.len() < 4
}

#[get("/items")]
#[requires(active_user && short)]
async fn items() {}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(items);
}
