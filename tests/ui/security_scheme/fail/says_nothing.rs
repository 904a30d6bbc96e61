use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
struct Scheme(Secret);

fn main() {}
