use auth_runtime::prelude::*;

async fn find(token: Secret) -> Option<u8> {
    None
}

#[derive(SecurityScheme, Clone)]
#[security(basic, authenticate = find)]
struct Scheme(u8);

fn main() {}
