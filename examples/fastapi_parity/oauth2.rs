//! OAuth2: flows that a document describes, and tokens that are handed on.

/// The password flow, with a login that shows what it was sent.
pub(crate) mod password {
    use auth_runtime::{Auth, AuthorizationHeader, NoUsers, prelude::*};

    use super::super::answers::{Username, serve};

    #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Users {
        /// Read the users
        #[scope("read:users")]
        Read,
        /// Create users
        #[scope("write:users")]
        Write,
    }

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(password(token_url = "token")), scopes = Users)]
    pub(crate) struct OAuth2(AuthorizationHeader);

    #[derive(Serialize, ToSchema)]
    pub(crate) struct Form {
        grant_type: String,
        username: String,
        password: String,
        scopes: Vec<String>,
        client_id: Option<String>,
        client_secret: Option<String>,
    }

    #[post("/login")]
    #[public]
    #[accept(public_mutation)]
    pub(crate) async fn login(form: PasswordRequestFormStrict) -> Json<Form> {
        let PasswordRequestFormStrict { grant_type, username, password, scopes, client_id, client_secret } = form;
        Json(Form {
            grant_type,
            username,
            password: password.expose().to_owned(),
            scopes,
            client_id,
            client_secret: client_secret.map(|secret| secret.expose().to_owned()),
        })
    }

    #[get("/users/me")]
    #[requires(OAuth2)]
    pub(crate) async fn read_current_user(OAuth2(header): OAuth2) -> Json<Username> {
        Username::of_header(&header)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::<Auth<NoUsers>>::new().mount(login).mount(read_current_user))
    }
}

pub(crate) mod password_optional {
    use auth_runtime::{AuthorizationHeader, prelude::*};

    use super::super::answers::{Or, Username, serve};
    use super::password::{Users, login};

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(password(token_url = "token")), scopes = Users)]
    pub(crate) struct OAuth2(AuthorizationHeader);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_users_me(header: Option<OAuth2>) -> Json<Or<Username>> {
        Or::of(header.map(|OAuth2(header)| Username::of_header(&header).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(login).mount(read_users_me))
    }
}

pub(crate) mod password_optional_description {
    use auth_runtime::{AuthorizationHeader, prelude::*};

    use super::super::answers::{Or, Username, serve};
    use super::password::{Users, login};

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(password(token_url = "token")), scopes = Users, description = "OAuth2 security scheme")]
    pub(crate) struct OAuth2(AuthorizationHeader);

    #[get("/users/me")]
    #[public]
    pub(crate) async fn read_users_me(header: Option<OAuth2>) -> Json<Or<Username>> {
        Or::of(header.map(|OAuth2(header)| Username::of_header(&header).0))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(login).mount(read_users_me))
    }
}

pub(crate) mod authorization_code_bearer {
    use auth_runtime::prelude::*;

    use super::super::answers::{Token, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(authorization_code(authorization_url = "authorize", token_url = "token")))]
    pub(crate) struct OAuth2AuthorizationCodeBearer(Secret);

    #[get("/items/")]
    #[requires(OAuth2AuthorizationCodeBearer)]
    pub(crate) async fn read_items(OAuth2AuthorizationCodeBearer(token): OAuth2AuthorizationCodeBearer) -> Json<Token> {
        Json(token.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_items))
    }
}

pub(crate) mod authorization_code_bearer_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{Token, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(
        oauth2(authorization_code(authorization_url = "authorize", token_url = "token")),
        description = "OAuth2 Code Bearer"
    )]
    pub(crate) struct OAuth2AuthorizationCodeBearer(Secret);

    #[get("/items/")]
    #[requires(OAuth2AuthorizationCodeBearer)]
    pub(crate) async fn read_items(OAuth2AuthorizationCodeBearer(token): OAuth2AuthorizationCodeBearer) -> Json<Token> {
        Json(token.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_items))
    }
}

/// What the two applications with scopes share. Their tokens are opaque here, so that their scopes are declared alone.
pub(crate) mod access {
    use auth_runtime::prelude::*;

    #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Access {
        /// Read access
        #[scope("read")]
        Read,
        /// Write access
        #[scope("write")]
        Write,
    }

    #[derive(Serialize, ToSchema)]
    pub(crate) struct Message {
        message: &'static str,
    }

    pub(crate) const HELLO: Message = Message { message: "Hello World" };
    pub(crate) const ADMIN: Message = Message { message: "Admin Access" };
}

/// The scheme is asked for by the whole application, and its scopes by each handler.
#[auth_runtime::group(OAuth2AuthorizationCodeBearer)]
pub(crate) mod authorization_code_bearer_scopes {
    use auth_runtime::prelude::*;

    use super::super::answers::{Token, serve};
    use super::access::{ADMIN, Access, HELLO, Message};

    #[derive(SecurityScheme, Clone)]
    #[security(
        oauth2(authorization_code(authorization_url = "authorize", token_url = "token")),
        scopes = Access
    )]
    pub(crate) struct OAuth2AuthorizationCodeBearer(Secret);

    #[get("/")]
    #[accept(unchecked_credential)]
    pub(crate) async fn root() -> Json<Message> {
        Json(HELLO)
    }

    #[get("/with-oauth2-scheme")]
    #[accept(unchecked_credential, unchecked_scopes)]
    #[requires(OAuth2AuthorizationCodeBearer[Access::Read, Access::Write])]
    pub(crate) async fn read_with_oauth2_scheme() -> Json<Message> {
        Json(ADMIN)
    }

    #[get("/with-get-token")]
    #[accept(unchecked_credential, unchecked_scopes)]
    #[requires(OAuth2AuthorizationCodeBearer[Access::Read, Access::Write])]
    pub(crate) async fn read_with_get_token() -> Json<Message> {
        Json(ADMIN)
    }

    #[get("/items/")]
    #[accept(unchecked_scopes)]
    #[requires(OAuth2AuthorizationCodeBearer[Access::Read])]
    pub(crate) async fn read_items(OAuth2AuthorizationCodeBearer(token): OAuth2AuthorizationCodeBearer) -> Json<Token> {
        Json(token.into())
    }

    #[post("/items/")]
    #[accept(unchecked_scopes)]
    #[requires(OAuth2AuthorizationCodeBearer[Access::Read, Access::Write])]
    pub(crate) async fn create_item(
        OAuth2AuthorizationCodeBearer(token): OAuth2AuthorizationCodeBearer,
    ) -> Json<Token> {
        Json(token.into())
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(
            SecureRouter::new()
                .mount(root)
                .mount(read_with_oauth2_scheme)
                .mount(read_with_get_token)
                .mount(read_items)
                .mount(create_item),
        )
    }
}

pub(crate) mod authorization_code_bearer_scopes_simple {
    use auth_runtime::prelude::*;

    use super::super::answers::serve;
    use super::access::{ADMIN, Access, Message};

    #[derive(SecurityScheme, Clone)]
    #[security(
        oauth2(authorization_code(authorization_url = "api/oauth/authorize", token_url = "/api/oauth/token")),
        scopes = Access
    )]
    pub(crate) struct OAuth2AuthorizationCodeBearer(Secret);

    #[get("/admin")]
    #[accept(unchecked_credential, unchecked_scopes)]
    #[requires(OAuth2AuthorizationCodeBearer[Access::Read, Access::Write])]
    pub(crate) async fn read_admin() -> Json<Message> {
        Json(ADMIN)
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_admin))
    }
}

pub(crate) mod password_bearer_optional {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, Token, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(password(token_url = "/token")))]
    pub(crate) struct OAuth2PasswordBearer(Secret);

    #[get("/items/")]
    #[public]
    pub(crate) async fn read_items(token: Option<OAuth2PasswordBearer>) -> Json<Or<Token>> {
        Or::of(token.map(|OAuth2PasswordBearer(token)| token.into()))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_items))
    }
}

pub(crate) mod password_bearer_optional_description {
    use auth_runtime::prelude::*;

    use super::super::answers::{Or, Token, serve};

    #[derive(SecurityScheme, Clone)]
    #[security(oauth2(password(token_url = "/token")), description = "OAuth2PasswordBearer security scheme")]
    pub(crate) struct OAuth2PasswordBearer(Secret);

    #[get("/items/")]
    #[public]
    pub(crate) async fn read_items(token: Option<OAuth2PasswordBearer>) -> Json<Or<Token>> {
        Or::of(token.map(|OAuth2PasswordBearer(token)| token.into()))
    }

    pub(crate) fn router() -> Result<SecureRouter, BoxError> {
        serve(SecureRouter::new().mount(read_items))
    }
}
