//! HTTP Basic, checked in constant time.

use auth_runtime::prelude::*;

use super::answers::serve;

// Whoever is let in, by name.
#[derive(SecurityScheme, Clone)]
#[security(basic, authenticate = check)]
pub(crate) struct HTTPBasic(String);

#[derive(Serialize, ToSchema)]
pub(crate) struct Username {
    username: String,
}

async fn check(credentials: BasicCredentials) -> Result<String, &'static str> {
    // `Secret` compares in constant time, and both are compared in any case.
    let username = Secret::new(credentials.username.as_str()) == Secret::new("stanleyjobson");
    let password = credentials.password == Secret::new("swordfish");
    if username & password { Ok(credentials.username) } else { Err("Incorrect username or password") }
}

#[get("/users/me")]
#[requires(HTTPBasic)]
pub(crate) async fn read_current_user(HTTPBasic(username): HTTPBasic) -> Json<Username> {
    Json(Username { username })
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    serve(SecureRouter::new().mount(read_current_user))
}
