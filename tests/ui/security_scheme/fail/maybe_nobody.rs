use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer, authenticate = find)]
struct Client(Option<u8>);

async fn find(_token: Secret) -> Result<Option<u8>, auth_runtime::StoreError> {
    Ok(None)
}

fn main() {}
