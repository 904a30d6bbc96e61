//! Adopting one handler: an application of plain axum as it was, but for one route that is guarded, and one that is only
//! observed until its log is empty.
//!
//! `cargo run --bin adopt`, and then what it prints.

use std::net::SocketAddr;

use auth_runtime::{Auth, AuthState, Randomness, SigningKey, prelude::*};
use axum::{Router, extract::State, routing};

#[derive(AuthUser, Clone)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

/// The state that the application had, with an `Auth` in it.
#[derive(Clone)]
pub(crate) struct App {
    greeting: &'static str,
    pub(crate) auth: Auth<User>,
}

impl AuthState for App {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

/// As it was.
async fn hello(State(app): State<App>) -> &'static str {
    app.greeting
}

/// As it was, but for the line above it.
#[requires_active_user]
pub(crate) async fn report(State(app): State<App>) -> String {
    format!("{} All is well.\n", app.greeting)
}

/// As it was. Who would be refused is in the log, and nobody is.
#[requires_active_user]
#[observe]
pub(crate) async fn archive() -> &'static str {
    "Nobody asks for this any more, it is said.\n"
}

#[token_endpoint("/token")]
pub(crate) async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

/// The router that the application had. The guarded handlers are handlers as any others.
pub(crate) fn app(state: App) -> Router {
    Router::new()
        .route("/", routing::get(hello))
        .route("/report", routing::get(report))
        .route("/archive", routing::get(archive))
        .route("/token", routing::post(login))
        .with_state(state)
}

/// One user, johndoe, whose password is `secret`.
pub(crate) async fn state() -> Result<App, BoxError> {
    let users = MemoryUsers::new();
    let auth = Auth::builder(users.clone()).signing_key(SigningKey::generate(&Randomness::default())?).build()?;
    let hashed_password = auth.hash_password("secret".into()).await?;
    users.insert(User { username: "johndoe".to_owned(), disabled: false, hashed_password });
    Ok(App { greeting: "Hello.", auth })
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    examples::takes_no_arguments()?;
    let listener = tokio::net::TcpListener::bind(examples::address()?).await?;
    say_what_to_try(listener.local_addr()?);
    // With the address of each connection, which limits on guessing are held to.
    let app = app(state().await?).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(address: SocketAddr) {
    println!(
        "curl http://{address}/          answers as ever,\n\
         curl http://{address}/report    is refused,\n\
         curl -d 'username=johndoe&password=secret' http://{address}/token\n\
         gives a token for it. Ctrl-C stops the server."
    );
}
