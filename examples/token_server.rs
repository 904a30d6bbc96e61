//! An authorization server and an API in one, for more than one process and more than one day: refresh tokens, revocation,
//! introspection, metadata, registered clients, users who register and reset their passwords.
//!
//! `cargo run --bin token_server`, then try what it prints. Everything is in `token_server.db` then. With
//! `DATABASE_URL=postgres://..` it is in PostgreSQL, with `REDIS_URL=redis://..` revocations are asked of Redis, and any
//! number of processes can share them: give each the same `ISSUER` and the same `KEYS` file.

use std::env;

use auth_runtime::{
    AuthBuilder, KeyFile, Mail, Mailer, NewKey, PostgresStore, RedisCounters, RedisRevocations, SigningKeys,
    SqliteStore, StoreError,
    endpoints::{self, NewUser},
    prelude::*,
};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Read information about the current user.
    #[scope("me")]
    Me,
    /// Read items.
    #[scope("items")]
    Items,
}

#[derive(AuthUser, Clone, Serialize, ToSchema)]
pub(crate) struct User {
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

impl NewUser for User {
    fn new_user(username: String, password: PasswordHash) -> Self {
        Self { username, email: None, full_name: None, disabled: false, hashed_password: password }
    }
}

/// Log in, renew a session, or ask for a client's own token.
#[token_endpoint("/token")]
pub(crate) async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

/// Your own profile.
#[get("/users/me")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

/// Items, for users and for clients.
#[get("/items")]
#[requires_scopes(Scope::Items)]
pub(crate) async fn items() -> Json<[&'static str; 2]> {
    Json(["a hammer", "a saw"])
}

/// Stands for the team's own way to send mail.
struct Console;

impl Mailer for Console {
    #[expect(clippy::print_stdout, reason = "there is no mail server in an example")]
    async fn send(&self, mail: Mail) -> Result<(), StoreError> {
        match mail {
            Mail::ResetPassword { username, token } => println!("mail to {username}: reset={}", token.expose()),
            Mail::VerifyEmail { email, token, .. } => println!("mail to {email}: verify={}", token.expose()),
            _ => {}
        }
        Ok(())
    }
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .info("Token server", "0.1.0")
        .mount(login)
        .mount(read_users_me)
        .mount(items)
        .merge(endpoints::oauth())
        .merge(endpoints::sessions())
        .merge(endpoints::registration())
        .nest("/account", endpoints::account())
        .docs("/docs")
        .with_state(auth)
}

/// Where users, sessions, clients and revocations are kept.
pub(crate) async fn stores() -> Result<AuthBuilder<User>, BoxError> {
    let url = env::var("DATABASE_URL").unwrap_or_default();
    if !url.starts_with("postgres") {
        let store = SqliteStore::open("token_server.db").await?;
        let builder = Auth::builder(store.users::<User>().await?).sessions(store.clone()).clients(store.clone());
        return Ok(builder.revocations(store));
    }
    let store = PostgresStore::connect(&url).await?;
    let builder = Auth::builder(store.users::<User>().await?).sessions(store.clone()).clients(store.clone());
    Ok(match env::var("REDIS_URL") {
        Ok(url) => builder
            .revocations(RedisRevocations::in_front_of(store, &url).await?)
            .counters(RedisCounters::connect(&url).await?),
        Err(_) => builder.revocations(store),
    })
}

/// The keys in a file, which is made at the first start. `auth keys rotate` adds the next.
pub(crate) fn keys() -> Result<SigningKeys, BoxError> {
    let path = env::var("KEYS").unwrap_or_else(|_| "token_server.keys.json".to_owned());
    if !std::path::Path::new(&path).exists() {
        KeyFile::at(&path).rotate(&NewKey::default())?;
    }
    Ok(SigningKeys::from_file(&path)?)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let address = examples::address()?;
    let issuer = env::var("ISSUER").unwrap_or_else(|_| format!("http://{address}"));
    let auth = stores().await?.signing_keys(keys()?).issuer(issuer).mailer(Console).build()?;
    let app = app(auth);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&address, app).await?;
    say_what_to_try(&server);
    Ok(server.run().await?)
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(server: &Server) {
    let address = server.address();
    println!(
        "Open http://{address}/docs, or:\n\
         curl -d username=johndoe -d password=correct-horse-battery http://{address}/register\n\
         curl -d username=johndoe -d password=correct-horse-battery -d scope='me items' http://{address}/token\n\
         curl -d grant_type=refresh_token -d refresh_token=.. http://{address}/token\n\
         Ctrl-C stops the server."
    );
}
