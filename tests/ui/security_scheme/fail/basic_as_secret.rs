use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(basic)]
struct Scheme(Secret);

fn main() {}
