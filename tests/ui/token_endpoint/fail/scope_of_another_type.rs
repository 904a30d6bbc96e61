use auth_runtime::prelude::*;
use tests::{Scope, User};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Other {
    #[scope("other")]
    Other,
}

#[token_endpoint("/token")]
async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Other> {
    Grant::to(user).scopes(form.scopes)
}

fn main() {}
