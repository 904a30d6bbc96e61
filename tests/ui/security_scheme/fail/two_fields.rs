use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Scheme(Secret, Secret);

fn main() {}
