use auth_runtime::prelude::*;
use tests::User;

#[get("/me")]
#[requires_user]
async fn me() {}

fn main() {
    let app: SecureRouter<Auth<User>> = SecureRouter::new().mount(me);
    let _ = app.into_router();
}
