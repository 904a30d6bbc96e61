use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security()]
struct Scheme(Secret);

fn main() {}
