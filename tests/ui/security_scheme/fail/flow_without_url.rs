use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(oauth2(authorization_code(authorization_url = "/authorize")))]
struct Scheme(Secret);

fn main() {}
