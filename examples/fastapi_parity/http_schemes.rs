//! HTTP schemes: the credential as it came, taken apart no further than the scheme says.

pub(crate) mod base {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(http = "Other", any_scheme)]
    pub(crate) struct HTTPBase(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPBase)]
    pub(crate) async fn read_current_user(HTTPBase(credential): HTTPBase) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod base_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(http = "Other", any_scheme, description = "Other Security Scheme")]
    pub(crate) struct HTTPBase(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPBase)]
    pub(crate) async fn read_current_user(HTTPBase(credential): HTTPBase) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod base_optional {
    use auth_runtime::prelude::*;
    use axum::{extract::WebSocketUpgrade, response::Response};

    use super::super::{
        answers::{Or, SchemeAndCredentials, serve},
        websockets::send,
    };

    #[derive(SecurityScheme, Clone)]
    #[security(http = "Other", any_scheme)]
    pub(crate) struct HTTPBase(HttpCredentials);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(credential: Option<HTTPBase>) -> Json<Or<SchemeAndCredentials>> {
        Or::of(credential.map(|HTTPBase(credential)| credential.into()))
    }

    #[websocket("/users/timeline")]
    #[public]
    pub(crate) async fn read_timeline(upgrade: WebSocketUpgrade, credential: Option<HTTPBase>) -> Response {
        let Json(answer) = Or::of(credential.map(|HTTPBase(credential)| SchemeAndCredentials::from(credential)));
        send(upgrade, answer)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user).mount(read_timeline))
    }
}

pub(crate) mod basic_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, UsernameAndPassword, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(basic)]
    pub(crate) struct HTTPBasic(BasicCredentials);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(credential: Option<HTTPBasic>) -> Json<Or<UsernameAndPassword>> {
        Or::of(credential.map(|HTTPBasic(credential)| credential.into()))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod basic_realm {
    use auth_runtime::prelude::*;

    use super::super::answers::{UsernameAndPassword, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(basic, realm = "simple")]
    pub(crate) struct HTTPBasic(BasicCredentials);

    #[get("/users/me")]
    #[requires(HTTPBasic)]
    pub(crate) async fn read_current_user(HTTPBasic(credential): HTTPBasic) -> Json<UsernameAndPassword> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod basic_realm_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{UsernameAndPassword, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(basic, realm = "simple", description = "HTTPBasic scheme")]
    pub(crate) struct HTTPBasic(BasicCredentials);

    #[get("/users/me")]
    #[requires(HTTPBasic)]
    pub(crate) async fn read_current_user(HTTPBasic(credential): HTTPBasic) -> Json<UsernameAndPassword> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod bearer {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(bearer)]
    pub(crate) struct HTTPBearer(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPBearer)]
    pub(crate) async fn read_current_user(HTTPBearer(credential): HTTPBearer) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod bearer_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(bearer, description = "HTTP Bearer token scheme")]
    pub(crate) struct HTTPBearer(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPBearer)]
    pub(crate) async fn read_current_user(HTTPBearer(credential): HTTPBearer) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod bearer_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(bearer)]
    pub(crate) struct HTTPBearer(HttpCredentials);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(credential: Option<HTTPBearer>) -> Json<Or<SchemeAndCredentials>> {
        Or::of(credential.map(|HTTPBearer(credential)| credential.into()))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod digest {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(digest)]
    pub(crate) struct HTTPDigest(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPDigest)]
    pub(crate) async fn read_current_user(HTTPDigest(credential): HTTPDigest) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod digest_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(digest, description = "HTTPDigest scheme")]
    pub(crate) struct HTTPDigest(HttpCredentials);

    #[get("/users/me")]
    #[requires(HTTPDigest)]
    pub(crate) async fn read_current_user(HTTPDigest(credential): HTTPDigest) -> Json<SchemeAndCredentials> {
        Json(credential.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod digest_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, SchemeAndCredentials, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(digest)]
    pub(crate) struct HTTPDigest(HttpCredentials);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(credential: Option<HTTPDigest>) -> Json<Or<SchemeAndCredentials>> {
        Or::of(credential.map(|HTTPDigest(credential)| credential.into()))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}
