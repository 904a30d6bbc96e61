use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "Authorization"))]
struct Scheme(Secret);

fn main() {}
