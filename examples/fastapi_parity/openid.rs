//! OpenID Connect: the whole header is handed on.

pub(crate) mod connect {
    use auth_runtime::{AuthorizationHeader, prelude::*};

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(open_id_connect = "/openid")]
    pub(crate) struct OpenIdConnect(AuthorizationHeader);

    #[get("/users/me")]
    #[requires(OpenIdConnect)]
    pub(crate) async fn read_current_user(OpenIdConnect(credential): OpenIdConnect) -> Json<Username> {
        Username::of_header(&credential)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod connect_description {
    use auth_runtime::{AuthorizationHeader, prelude::*};

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(open_id_connect = "/openid", description = "OpenIdConnect security scheme")]
    pub(crate) struct OpenIdConnect(AuthorizationHeader);

    #[get("/users/me")]
    #[requires(OpenIdConnect)]
    pub(crate) async fn read_current_user(OpenIdConnect(credential): OpenIdConnect) -> Json<Username> {
        Username::of_header(&credential)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod connect_optional {
    use auth_runtime::{AuthorizationHeader, prelude::*};

    use super::super::answers::{Or, Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(open_id_connect = "/openid")]
    pub(crate) struct OpenIdConnect(AuthorizationHeader);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(credential: Option<OpenIdConnect>) -> Json<Or<Username>> {
        Or::of(credential.map(|OpenIdConnect(credential)| Username::of_header(&credential).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}
