//! The same application written by hand, on axum and `jsonwebtoken`, as well as we can write it.
//!
//! What a request needs is made when the program starts: keys, validation, the headers and bodies of refusals. A user is
//! looked up by a read lock and shared, not copied; the guard is one extractor, without a middleware and without a box of its
//! own; the token is verified once and parsed by `jsonwebtoken`, of which every application that is written by hand makes use.
//! What it refuses, it refuses as RFC 6750 says. `hand/tokens.rs` and `hand/users.rs` belong to it.
//!
//! Two routes are baselines: `/static401` is a 401 that nobody decided on, byte for byte as the annotated application answers,
//! and `/row` is the query of a user and nothing around it.

mod row;

use std::sync::{Arc, LazyLock};

use axum::{
    Form, Json, Router,
    extract::{FromRequestParts, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use bench::{
    Error,
    hand::{Tokens, User, Users},
    people::{JOHN, SCOPE},
    setup::Setup,
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use self::row::Rows;

#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    tokens: Tokens,
    users: Users,
    rows: Option<Rows>,
}

/// The active user who makes the request, with a token that has the scope.
struct Me(Arc<User>);

impl FromRequestParts<App> for Me {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, App(shared): &App) -> Result<Self, Refusal> {
        let header = parts.headers.get(header::AUTHORIZATION).ok_or(Refusal::NoCredentials)?;
        let claims = shared.tokens.verify_header(header.as_bytes()).map_err(|_| Refusal::InvalidToken)?;
        let user = shared.users.find(&claims.sub).ok_or(Refusal::InvalidToken)?;
        if user.disabled {
            return Err(Refusal::Inactive);
        }
        if !claims.has_scope(SCOPE) {
            return Err(Refusal::InsufficientScope);
        }
        Ok(Self(user))
    }
}

enum Refusal {
    NoCredentials,
    InvalidToken,
    InsufficientScope,
    Inactive,
    BadLogin,
    Broken,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        const JSON: (header::HeaderName, HeaderValue) =
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let challenged = |status: StatusCode, challenge: &'static str, body: &'static str| {
            (status, [JSON, (header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))], body).into_response()
        };
        match self {
            Self::NoCredentials => challenged(
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="api""#,
                r#"{"type":"about:blank","title":"Unauthorized","status":401}"#,
            ),
            Self::InvalidToken => challenged(
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="api", error="invalid_token""#,
                r#"{"type":"about:blank","title":"Unauthorized","status":401}"#,
            ),
            Self::InsufficientScope => challenged(
                StatusCode::FORBIDDEN,
                r#"Bearer realm="api", error="insufficient_scope", scope="me""#,
                r#"{"type":"about:blank","title":"Forbidden","status":403}"#,
            ),
            Self::Inactive => {
                let body = r#"{"type":"about:blank","title":"Forbidden","status":403}"#;
                (StatusCode::FORBIDDEN, [JSON], body).into_response()
            }
            Self::BadLogin => (StatusCode::BAD_REQUEST, Json(OAuthError { error: "invalid_grant" })).into_response(),
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

#[derive(Serialize)]
struct OAuthError {
    error: &'static str,
}

#[derive(Deserialize)]
struct LoginForm {
    username: String,
    password: String,
    #[serde(default)]
    scope: String,
}

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
}

async fn login(State(App(shared)): State<App>, Form(form): Form<LoginForm>) -> Result<Json<TokenAnswer>, Refusal> {
    let user = shared.users.log_in(&form.username, form.password).await.ok_or(Refusal::BadLogin)?;
    let scope = if form.scope.split(' ').any(|scope| scope == SCOPE) { SCOPE } else { "" };
    let access_token = shared.tokens.issue(&user.username, scope).map_err(|_| Refusal::Broken)?;
    Ok(Json(TokenAnswer { access_token, token_type: "Bearer" }))
}

static SOMEBODY: LazyLock<User> = LazyLock::new(|| User::new(&JOHN, String::new()));

async fn plain() -> Json<&'static User> {
    Json(&SOMEBODY)
}

/// The user is written out from where it is kept.
async fn me(Me(user): Me) -> Response {
    Json(&*user).into_response()
}

/// As the annotated application answers; `drive` makes sure of it.
async fn static_401() -> Response {
    const HEADERS: [(header::HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
        (header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="api""#)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::UNAUTHORIZED, HEADERS, STATIC_BODY).into_response()
}

const STATIC_BODY: &str = concat!(
    r#"{"type":"about:blank","title":"Unauthorized","status":401,"#,
    r#""detail":"This operation needs an access token. Send it as: Authorization: Bearer TOKEN"}"#
);

async fn row(State(App(shared)): State<App>) -> Result<Json<User>, Refusal> {
    let rows = shared.rows.as_ref().ok_or(Refusal::Broken)?;
    let user = rows.find(JOHN.username).await.map_err(|_| Refusal::Broken)?;
    user.map(Json).ok_or(Refusal::Broken)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setup = Setup::from_env()?;
    let shared = Shared {
        tokens: Tokens::from_key_file(&setup.key_file)?,
        users: Users::of_people()?,
        rows: setup.database.as_deref().map(Rows::open).transpose()?,
    };
    let app: Router = Router::new()
        .route("/token", post(login))
        .route("/plain", get(plain))
        .route("/me", get(me))
        .route("/static401", get(static_401))
        .route("/row", get(row))
        .with_state(App(Arc::new(shared)));
    let listener = TcpListener::bind(setup.address).await?;
    setup.announce();
    // Answers are sent at once.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
