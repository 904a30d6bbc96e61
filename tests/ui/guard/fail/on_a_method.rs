use auth_runtime::prelude::*;

struct Users;

impl Users {
    #[requires_user]
    async fn list(&self) {}
}

fn main() {}
