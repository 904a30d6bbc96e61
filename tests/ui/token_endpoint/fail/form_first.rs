use auth_runtime::prelude::*;
use tests::User;

#[token_endpoint("/token")]
async fn login(_form: PasswordRequestForm, user: User) -> Grant {
    Grant::to(user)
}

fn main() {}
