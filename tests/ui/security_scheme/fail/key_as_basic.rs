use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
struct Scheme(BasicCredentials);

fn main() {}
