use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(oauth2(magic(token_url = "/token")))]
struct Scheme(Secret);

fn main() {}
