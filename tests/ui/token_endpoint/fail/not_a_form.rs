use auth_runtime::prelude::*;
use tests::User;

#[token_endpoint("/token")]
async fn login(user: User, _form: Json<String>) -> Grant {
    Grant::to(user)
}

fn main() {}
