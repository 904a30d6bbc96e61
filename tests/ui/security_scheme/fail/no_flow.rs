use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(oauth2)]
struct Scheme(Secret);

fn main() {}
