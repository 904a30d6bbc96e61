use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(basic, bearer)]
struct Scheme(Secret);

fn main() {}
