use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(cookie = "key")]
struct Scheme(Secret);

fn main() {}
