//! API keys, in a cookie, a header and the query: whoever has one is answered with it.

pub(crate) mod cookie {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(cookie = "key"))]
    pub(crate) struct APIKeyCookie(Secret);

    #[get("/users/me")]
    #[requires(APIKeyCookie)]
    pub(crate) async fn read_current_user(APIKeyCookie(key): APIKeyCookie) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod cookie_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(cookie = "key"), description = "An API Cookie Key")]
    pub(crate) struct APIKeyCookie(Secret);

    #[get("/users/me")]
    #[requires(APIKeyCookie)]
    pub(crate) async fn read_current_user(APIKeyCookie(key): APIKeyCookie) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod cookie_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(cookie = "key"))]
    pub(crate) struct APIKeyCookie(Secret);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(key: Option<APIKeyCookie>) -> Json<Or<Username>> {
        Or::of(key.map(|APIKeyCookie(key)| Username::of_key(&key).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod header {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(header = "key"))]
    pub(crate) struct APIKeyHeader(Secret);

    #[get("/users/me")]
    #[requires(APIKeyHeader)]
    pub(crate) async fn read_current_user(APIKeyHeader(key): APIKeyHeader) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod header_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(header = "key"), description = "An API Key Header")]
    pub(crate) struct APIKeyHeader(Secret);

    #[get("/users/me")]
    #[requires(APIKeyHeader)]
    pub(crate) async fn read_current_user(APIKeyHeader(key): APIKeyHeader) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod header_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(header = "key"))]
    pub(crate) struct APIKeyHeader(Secret);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(key: Option<APIKeyHeader>) -> Json<Or<Username>> {
        Or::of(key.map(|APIKeyHeader(key)| Username::of_key(&key).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod query {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(query = "key"))]
    pub(crate) struct APIKeyQuery(Secret);

    #[get("/users/me")]
    #[requires(APIKeyQuery)]
    pub(crate) async fn read_current_user(APIKeyQuery(key): APIKeyQuery) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod query_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(query = "key"), description = "API Key Query")]
    pub(crate) struct APIKeyQuery(Secret);

    #[get("/users/me")]
    #[requires(APIKeyQuery)]
    pub(crate) async fn read_current_user(APIKeyQuery(key): APIKeyQuery) -> Json<Username> {
        Username::of_key(&key)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}

pub(crate) mod query_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, Username, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(query = "key"))]
    pub(crate) struct APIKeyQuery(Secret);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_current_user(key: Option<APIKeyQuery>) -> Json<Or<Username>> {
        Or::of(key.map(|APIKeyQuery(key)| Username::of_key(&key).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_current_user))
    }
}
