use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(basic, realm = "a \"b\"")]
struct Scheme(BasicCredentials);

fn main() {}
