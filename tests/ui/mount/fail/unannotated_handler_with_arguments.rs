use auth_runtime::prelude::*;
use tests::User;

async fn read(user: User, Json(body): Json<String>) -> String {
    body + &user.username
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(read);
}
