//! The annotated application: what this library makes of attributes. Everything is as its documentation shows it, and nothing
//! is tuned.

use std::{sync::LazyLock, time::Duration};

use auth_runtime::{Shared, UserStore, prelude::*};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bench::{
    people::{ISSUER, JOHN, PEOPLE, Person},
    setup::Setup,
};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    /// Read information about the current user.
    #[scope("me")]
    Me,
}

#[derive(AuthUser, Clone, Serialize, ToSchema)]
struct User {
    #[auth(username)]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

impl User {
    fn new(person: &Person, hashed_password: PasswordHash) -> Self {
        Self {
            username: person.username.to_owned(),
            email: Some(person.email()),
            full_name: Some(person.full_name.to_owned()),
            disabled: person.disabled,
            hashed_password,
        }
    }
}

/// What the unguarded route answers with: made once, so that it costs nothing but to write it out.
static SOMEBODY: LazyLock<User> = LazyLock::new(|| User::new(&JOHN, PasswordHash::from_stored("")));

/// Log in.
#[token_endpoint("/token")]
async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

/// Somebody's profile.
#[get("/plain")]
#[public]
async fn plain() -> Json<&'static User> {
    Json(&SOMEBODY)
}

/// Your own profile.
#[get("/me")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn me(user: Shared<User>) -> Json<Shared<User>> {
    Json(user)
}

/// The same, of a copy of the user.
#[get("/me/copied")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn me_copied(user: User) -> Json<User> {
    Json(user)
}

/// A refusal that nobody decided on, byte for byte as the guard's.
#[get("/static401")]
#[public]
async fn static_401() -> Response {
    const BODY: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"This operation needs an access token. Send it as: Authorization: Bearer TOKEN"}"#;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
        (header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="api""#)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::UNAUTHORIZED, headers, BODY).into_response()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let setup = Setup::from_env()?;
    let auth = if setup.sqlite {
        let users = SqliteUsers::open(setup.database.as_deref().ok_or("DATABASE names no file")?).await?;
        let auth = auth(&setup, users.clone())?;
        for person in &PEOPLE {
            if users.find(person.username).await?.is_none() {
                users.insert(&User::new(person, auth.hash_password(person.password.into()).await?)).await?;
            }
        }
        auth
    } else {
        let users = MemoryUsers::new();
        let auth = auth(&setup, users.clone())?;
        for person in &PEOPLE {
            users.insert(User::new(person, auth.hash_password(person.password.into()).await?));
        }
        auth
    };
    let app =
        SecureRouter::new().mount(login).mount(plain).mount(me).mount(me_copied).mount(static_401).with_state(auth);
    let server = Server::bind(&setup.address.to_string(), app).await?;
    setup.announce();
    Ok(server.run().await?)
}

fn auth(setup: &Setup, users: impl UserStore<User = User>) -> Result<Auth<User>, BoxError> {
    let key = SigningKey::from_file(&setup.key_file)?;
    let auth = Auth::builder(users).signing_key(key).issuer(ISSUER).audience(ISSUER);
    // Longer than all of it is measured.
    Ok(auth.token_lifetime(Duration::from_secs(24 * 60 * 60)).build()?)
}
