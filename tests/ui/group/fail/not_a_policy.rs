use auth_runtime::prelude::*;
use tests::User;

struct Members;

fn main() {
    let _: SecureRouter<Auth<User>> = SecureRouter::new().group::<Members>();
}
