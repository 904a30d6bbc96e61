use auth_runtime::prelude::*;
use tests::User;

#[token_endpoint("/token")]
async fn login(_user: User, _form: PasswordRequestForm) {}

fn main() {}
