use auth_runtime::prelude::*;

#[get("/me")]
#[requires_user]
async fn me() {}

fn main() {
    let _: SecureRouter<String> = SecureRouter::new().mount(me);
}
