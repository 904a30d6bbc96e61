use auth_runtime::prelude::*;
use tests::User;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin")]
    Admin,
}

#[get("/items")]
#[requires(Role::Admin)]
async fn items() {}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(items);
}
