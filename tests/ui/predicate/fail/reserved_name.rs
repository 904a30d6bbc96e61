use auth_runtime::prelude::*;
use tests::User;

#[predicate]
fn active_user(user: &User) -> bool {
    !user.disabled
}

fn main() {}
