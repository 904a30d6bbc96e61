use auth_runtime::prelude::*;
use tests::User;

async fn health() -> &'static str {
    "ok"
}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(health);
}
