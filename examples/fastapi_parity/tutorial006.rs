//! HTTP Basic: username and password, handed on as they came.

use auth_runtime::prelude::*;

use super::answers::{UsernameAndPassword, serve};

#[derive(SecurityScheme, Clone)]
#[security(basic)]
pub(crate) struct HTTPBasic(BasicCredentials);

#[get("/users/me")]
#[requires(HTTPBasic)]
pub(crate) async fn read_current_user(HTTPBasic(credentials): HTTPBasic) -> Json<UsernameAndPassword> {
    Json(credentials.into())
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    serve(SecureRouter::new().mount(read_current_user))
}
