use auth_runtime::prelude::*;
use tests::User;

#[requires_user]
async fn read(user: User) -> String {
    user.username
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(read);
}
