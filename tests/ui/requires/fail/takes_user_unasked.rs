use auth_runtime::prelude::*;
use tests::User;

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
struct Key(Secret);

#[requires(Key || active_user)]
async fn items(user: User) {}

fn main() {}
