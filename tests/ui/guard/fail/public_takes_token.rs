use auth_runtime::prelude::*;

#[get("/users")]
#[public]
async fn users(token: AccessToken) -> String {
    token.subject.clone()
}

fn main() {}
