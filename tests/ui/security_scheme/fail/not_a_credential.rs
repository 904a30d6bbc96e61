use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Scheme(u8);

fn main() {}
