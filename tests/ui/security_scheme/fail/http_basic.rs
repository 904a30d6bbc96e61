use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(http = "Basic")]
struct Scheme(Secret);

fn main() {}
