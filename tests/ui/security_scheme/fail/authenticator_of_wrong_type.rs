use auth_runtime::prelude::*;

async fn find(token: Secret) -> Option<String> {
    None
}

#[derive(SecurityScheme, Clone)]
#[security(bearer, authenticate = find)]
struct Scheme(u8);

fn main() {}
