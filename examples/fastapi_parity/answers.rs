//! What the small applications answer with, and what they have in common.

use std::sync::LazyLock;

use auth_runtime::{Auth, AuthorizationHeader, ConfigError, NoUsers, prelude::*};

/// `{"username": …}`
#[derive(Serialize, ToSchema)]
pub(crate) struct Username {
    username: String,
}

impl Username {
    pub(crate) fn of_key(key: &Secret) -> Json<Self> {
        Json(Self { username: key.expose().to_owned() })
    }

    pub(crate) fn of_header(header: &AuthorizationHeader) -> Json<Self> {
        Json(Self { username: header.expose().to_owned() })
    }
}

/// `{"username": …, "password": …}`
#[derive(Serialize, ToSchema)]
pub(crate) struct UsernameAndPassword {
    username: String,
    password: String,
}

impl From<BasicCredentials> for UsernameAndPassword {
    fn from(BasicCredentials { username, password, .. }: BasicCredentials) -> Self {
        Self { username, password: password.expose().to_owned() }
    }
}

/// `{"scheme": …, "credentials": …}`
#[derive(Serialize, ToSchema)]
pub(crate) struct SchemeAndCredentials {
    scheme: String,
    credentials: String,
}

impl From<HttpCredentials> for SchemeAndCredentials {
    fn from(HttpCredentials { scheme, credentials }: HttpCredentials) -> Self {
        Self { scheme, credentials: credentials.expose().to_owned() }
    }
}

/// `{"token": …}`
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    token: String,
}

impl From<Secret> for Token {
    fn from(token: Secret) -> Self {
        Self { token: token.expose().to_owned() }
    }
}

/// What whoever has a credential is told, or `{"msg": …}`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Or<T> {
    Known(#[schema(inline)] T),
    Unknown { msg: &'static str },
}

impl<T> Or<T> {
    pub(crate) fn of(known: Option<T>) -> Json<Self> {
        Json(known.map_or(Self::Unknown { msg: "Create an account first" }, Self::Known))
    }
}

static AUTH: LazyLock<Result<Auth<NoUsers>, ConfigError>> =
    LazyLock::new(|| Auth::without_users().profile(Profile::FastApi).build());

/// What the applications share whose callers are known by the credentials of security schemes alone.
pub(crate) fn auth() -> Result<Auth<NoUsers>, BoxError> {
    Ok(AUTH.clone()?)
}

/// One of them.
pub(crate) fn serve(router: SecureRouter<Auth<NoUsers>>) -> Result<SecureRouter, BoxError> {
    Ok(router.docs("/docs").redirect_slashes().with_state(auth()?))
}
