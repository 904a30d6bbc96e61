use auth_runtime::prelude::*;

#[get("/users")]
#[requires_user]
async fn users() {}

async fn around() {
    users().await;
}

fn main() {}
