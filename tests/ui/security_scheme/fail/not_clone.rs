use auth_runtime::prelude::*;

#[derive(SecurityScheme)]
#[security(bearer)]
struct Scheme(Secret);

fn main() {}
