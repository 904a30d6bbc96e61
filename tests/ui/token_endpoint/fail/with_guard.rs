use auth_runtime::prelude::*;
use tests::User;

#[token_endpoint("/token")]
#[requires_user]
async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

fn main() {}
