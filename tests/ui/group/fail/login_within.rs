use auth_runtime::prelude::*;

#[auth_runtime::group(user)]
mod admin {
    use auth_runtime::prelude::*;
    use tests::{Scope, User};

    #[token_endpoint("/token")]
    async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
        Grant::to(user).scopes(form.scopes)
    }
}

fn main() {}
