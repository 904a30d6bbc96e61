use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer, name = "A", name = "B")]
struct Scheme(Secret);

fn main() {}
