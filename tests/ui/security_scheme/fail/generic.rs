use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Scheme<T>(T);

fn main() {}
