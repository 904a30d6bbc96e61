use auth_runtime::prelude::*;

#[requires(user.age > 18)]
async fn items() {}

fn main() {}
