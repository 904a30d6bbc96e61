use auth_runtime::prelude::*;

use tests::Scope;

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"), scopes = Scope)]
struct Scheme(Secret);

fn main() {}
