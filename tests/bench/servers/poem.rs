//! poem-openapi: a security scheme whose checker verifies the token, looks up the user and asks for the scope, since a `scope` in
//! an operation is documented there and not enforced.

use std::sync::Arc;

use bench::{
    Error,
    hand::{Tokens, User, Users},
    people::{JOHN, SCOPE},
    setup::Setup,
};
use poem::{
    EndpointExt, Request, Route, Server,
    error::{InternalServerError, ResponseError},
    http::{StatusCode, header},
    listener::TcpListener,
    web::Data,
};
use poem_openapi::{
    Object, OpenApi, OpenApiService, SecurityScheme,
    auth::Bearer,
    payload::{Form, Json},
};
use serde::Deserialize;

struct Shared {
    tokens: Tokens,
    users: Users,
    somebody: User,
}

/// The active user, with a token that has the scope.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", checker = "check")]
struct Me(Arc<User>);

async fn check(request: &Request, bearer: Bearer) -> poem::Result<Arc<User>> {
    let shared = request.data::<Arc<Shared>>().ok_or(Refusal(StatusCode::INTERNAL_SERVER_ERROR))?;
    let claims = shared.tokens.verify(&bearer.token).map_err(|_| Refusal(StatusCode::UNAUTHORIZED))?;
    let user = shared.users.find(&claims.sub).ok_or(Refusal(StatusCode::UNAUTHORIZED))?;
    if user.disabled || !claims.has_scope(SCOPE) {
        return Err(Refusal(StatusCode::FORBIDDEN).into());
    }
    Ok(user)
}

#[derive(Debug)]
struct Refusal(StatusCode);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl ResponseError for Refusal {
    fn status(&self) -> StatusCode {
        self.0
    }

    fn as_response(&self) -> poem::Response {
        let response = poem::Response::builder().status(self.0);
        match self.0 {
            StatusCode::UNAUTHORIZED => {
                response.header(header::WWW_AUTHENTICATE, r#"Bearer realm="api", error="invalid_token""#).finish()
            }
            _ => response.finish(),
        }
    }
}

#[derive(Object)]
struct Profile {
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    disabled: bool,
}

impl From<&User> for Profile {
    fn from(user: &User) -> Self {
        Self {
            username: user.username.clone(),
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            disabled: user.disabled,
        }
    }
}

#[derive(Object, Deserialize)]
struct LoginForm {
    username: String,
    password: String,
    #[oai(default)]
    #[serde(default)]
    scope: String,
}

#[derive(Object)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
}

struct Api;

#[OpenApi]
impl Api {
    /// Log in.
    #[oai(path = "/token", method = "post")]
    async fn token(&self, shared: Data<&Arc<Shared>>, form: Form<LoginForm>) -> poem::Result<Json<TokenAnswer>> {
        let Form(LoginForm { username, password, scope }) = form;
        let user = shared.users.log_in(&username, password).await.ok_or(Refusal(StatusCode::BAD_REQUEST))?;
        let scope = if scope.split(' ').any(|scope| scope == SCOPE) { SCOPE } else { "" };
        let access_token = shared.tokens.issue(&user.username, scope).map_err(std::io::Error::other);
        let access_token = access_token.map_err(InternalServerError)?;
        Ok(Json(TokenAnswer { access_token, token_type: "Bearer".to_owned() }))
    }

    /// Somebody's profile.
    #[oai(path = "/plain", method = "get")]
    async fn plain(&self, shared: Data<&Arc<Shared>>) -> Json<Profile> {
        Json(Profile::from(&shared.somebody))
    }

    /// Your own profile.
    #[oai(path = "/me", method = "get")]
    async fn me(&self, Me(user): Me) -> Json<Profile> {
        Json(Profile::from(&*user))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setup = Setup::from_env()?;
    let shared = Shared {
        tokens: Tokens::from_key_file(&setup.key_file)?,
        users: Users::of_people()?,
        somebody: User::new(&JOHN, String::new()),
    };
    let api = OpenApiService::new(Api, "bench", "1.0");
    let app = Route::new().nest("/", api).data(Arc::new(shared));
    setup.announce();
    Ok(Server::new(TcpListener::bind(setup.address.to_string())).run(app).await?)
}
