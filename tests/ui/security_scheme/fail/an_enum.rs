use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
enum Scheme {
    One(Secret),
}

fn main() {}
