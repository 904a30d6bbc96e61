use auth_runtime::prelude::*;
use tests::User;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Robot {
    #[auth(username)]
    name: String,
}

#[token_endpoint("/token")]
async fn login(robot: Robot, _form: PasswordRequestForm) -> Grant {
    Grant::to(robot)
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(login);
}
