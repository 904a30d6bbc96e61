use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(basic)]
struct Member(BasicCredentials);

fn main() {
    let _ = Auth::<auth_runtime::NoUsers>::without_users().authenticator::<Member>(async |credentials| Some(credentials));
}
