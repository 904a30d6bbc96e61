use auth_runtime::prelude::*;
use auth_runtime::requires_active_user as active;

#[get("/users")]
#[requires_user]
#[active]
async fn users() {}

#[requires_user]
#[authorize(page > 1)]
#[active]
async fn ruled(axum::extract::Path(page): axum::extract::Path<u8>) {
    let _ = page;
}

fn main() {}
