use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
struct Key(Secret);

#[requires(Key || active_user)]
async fn items(key: Key) {}

fn main() {}
