use auth_runtime::prelude::*;
use tests::User;

#[get("/users")]
#[public]
async fn users(user: User) -> String {
    user.username
}

fn main() {}
