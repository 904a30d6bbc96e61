use auth_runtime::prelude::*;
use tests::User;

#[token_endpoint("/token")]
async fn login(user: User, _form: PasswordRequestForm) -> String {
    user.username
}

fn main() {}
