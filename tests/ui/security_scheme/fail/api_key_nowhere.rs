use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(api_key)]
struct Scheme(Secret);

fn main() {}
