use auth_runtime::prelude::*;
use tests::User;

struct Members;

#[get("/items")]
#[requires(user)]
async fn items(_proof: Authorized<Members>) {}

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().mount(items);
}
