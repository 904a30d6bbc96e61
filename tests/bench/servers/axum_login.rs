//! axum-login: sessions in cookies, kept in memory, and permissions of the users. Two of its layers guard the route, of which one
//! asks who it is (401) and one for the permission (403); the unguarded route has none.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    fmt,
    sync::{Arc, LazyLock},
};

use axum::{
    Form, Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use axum_login::{
    AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, AuthzBackend, login_required, permission_required,
};
use bench::{
    Error,
    hand::{User, Users},
    people::{JOHN, SCOPE},
    setup::Setup,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_sessions::{MemoryStore, SessionManagerLayer};

#[derive(Clone)]
struct Account(Arc<User>);

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.username)
    }
}

impl AuthUser for Account {
    type Id = String;

    fn id(&self) -> String {
        self.0.username.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.0.hashed_password.as_bytes()
    }
}

#[derive(Clone)]
struct Backend {
    users: Arc<Users>,
    permissions: Arc<HashMap<&'static str, HashSet<&'static str>>>,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

impl AuthnBackend for Backend {
    type User = Account;
    type Credentials = Credentials;
    type Error = Infallible;

    async fn authenticate(&self, form: Credentials) -> Result<Option<Account>, Infallible> {
        Ok(self.users.log_in(&form.username, form.password).await.map(Account))
    }

    async fn get_user(&self, username: &String) -> Result<Option<Account>, Infallible> {
        Ok(self.users.find(username).filter(|user| !user.disabled).map(Account))
    }
}

impl AuthzBackend for Backend {
    type Permission = &'static str;

    /// Asked directly: unless it is written, a set of all of a user's permissions is made for each request.
    async fn has_perm(&self, user: &Account, permission: &'static str) -> Result<bool, Infallible> {
        Ok(self.permissions.get(user.0.username.as_str()).is_some_and(|all| all.contains(permission)))
    }
}

async fn login(mut session: AuthSession<Backend>, Form(form): Form<Credentials>) -> Result<StatusCode, StatusCode> {
    let broken = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let user = session.authenticate(form).await.map_err(broken)?.ok_or(StatusCode::BAD_REQUEST)?;
    session.login(&user).await.map_err(broken)?;
    Ok(StatusCode::OK)
}

static SOMEBODY: LazyLock<User> = LazyLock::new(|| User::new(&JOHN, String::new()));

async fn plain() -> Json<&'static User> {
    Json(&SOMEBODY)
}

async fn me(session: AuthSession<Backend>) -> Response {
    match session.user {
        Some(Account(user)) => Json(&*user).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setup = Setup::from_env()?;
    let permissions = HashMap::from([(JOHN.username, HashSet::from([SCOPE]))]);
    let backend = Backend { users: Arc::new(Users::of_people()?), permissions: Arc::new(permissions) };
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let app = Router::new()
        .route("/me", get(me))
        .route_layer(permission_required!(Backend, SCOPE))
        .route_layer(login_required!(Backend))
        .route("/token", post(login))
        .layer(AuthManagerLayerBuilder::new(backend, sessions).build())
        .route("/plain", get(plain));
    let listener = TcpListener::bind(setup.address).await?;
    setup.announce();
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
