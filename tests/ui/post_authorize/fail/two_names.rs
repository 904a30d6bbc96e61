use auth_runtime::prelude::*;

#[requires_user]
#[post_authorize(|one, two| one.len() > 1)]
async fn items() -> String {
    String::new()
}

fn main() {}
