use auth_runtime::prelude::*;
use auth_runtime::requires_active_user as active;

#[get("/users")]
#[requires_user]
#[active]
async fn users() {}

fn main() {}
