use auth_runtime::prelude::*;

#[policy(user)]
struct Members;

fn main() {
    let _: SecureRouter = SecureRouter::new().group::<Members>();
}
