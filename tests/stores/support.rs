//! The stores, each behind the same few functions, and the application that is built on them.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use auth_runtime::{
    AuthBuilder, ClientAddress, Clock, HashError, Mail, Mailer, MemoryStore, PasswordHasher, PasswordRules,
    PostgresStore, PostgresUsers, Randomness, RedisCounters, RedisRevocations, SqliteStore, StoreError, Verdict,
    endpoints, endpoints::NewUser, prelude::*,
};
use sqlx::{Connection, Executor, PgConnection};
use tests::{
    Scope,
    server::{Answer, TestServer},
    services,
};

/// A user whose columns have names of their own.
#[derive(AuthUser, Clone, Debug, PartialEq)]
pub(crate) struct Account {
    #[auth(username, column = "email")]
    pub(crate) name: String,
    #[auth(verified)]
    pub(crate) verified: bool,
    #[auth(disabled, column = "is_blocked")]
    pub(crate) disabled: bool,
    #[auth(password_hash)]
    pub(crate) hash: PasswordHash,
    pub(crate) age: Option<i64>,
}

impl NewUser for Account {
    fn new_user(username: String, password: PasswordHash) -> Self {
        Self { name: username, verified: false, disabled: false, hash: password, age: None }
    }
}

/// Where everything is kept.
#[derive(Clone)]
pub(crate) enum Store {
    Memory(MemoryStore, MemoryUsers<Account>),
    Sqlite(SqliteStore, SqliteUsers<Account>, Arc<Scratch>),
    Postgres(PostgresStore, PostgresUsers<Account>),
    Redis(PostgresStore, PostgresUsers<Account>, RedisRevocations<PostgresStore>, RedisCounters),
}

/// A folder that ends with its test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("auth-stores-{}", unique()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Different each time, in each process.
pub(crate) fn unique() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mut bytes = [0; 4];
    Randomness::default().fill(&mut bytes).unwrap();
    format!("{}_{}_{:08x}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst), u32::from_ne_bytes(bytes))
}

/// A new database at a PostgreSQL server.
pub(crate) async fn new_database(server: &str) -> String {
    let name = format!("tests_{}", unique());
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

pub(crate) async fn memory() -> Store {
    Store::Memory(MemoryStore::new(), MemoryUsers::new())
}

pub(crate) async fn sqlite() -> Store {
    let scratch = Scratch::new();
    let path = scratch.0.join("auth.db");
    let store = SqliteStore::open(&path).await.unwrap();
    Store::Sqlite(store, SqliteUsers::open(&path).await.unwrap(), Arc::new(scratch))
}

pub(crate) async fn postgres() -> Store {
    let store = PostgresStore::connect(&new_database(&services::postgres_url()).await).await.unwrap();
    Store::Postgres(store.clone(), store.users().await.unwrap())
}

pub(crate) async fn redis() -> Store {
    let Store::Postgres(store, users) = postgres().await else { unreachable!() };
    let (url, prefix) = (services::redis_url(), unique());
    let revocations = RedisRevocations::in_front_of(store.clone(), &url).await.unwrap().prefix(&prefix);
    Store::Redis(store, users, revocations, RedisCounters::connect(&url).await.unwrap().prefix(prefix))
}

/// One test for each store: those that need a server are left out unless `tests/run` starts it.
macro_rules! on_each_store {
    ($($(#[$attribute:meta])* async fn $name:ident($store:ident: Store) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn check($store: Store) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                check(crate::support::memory().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(crate::support::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL: use tests/run"]
            async fn postgres() {
                check(crate::support::postgres().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL and Redis: use tests/run"]
            async fn redis() {
                check(crate::support::redis().await).await;
            }
        }
    )*};
}

pub(crate) use on_each_store;

impl Store {
    /// Everything in this store, and tokens signed by a key of its own.
    pub(crate) fn signed(&self) -> AuthBuilder<Account> {
        self.unsigned().signing_key(SigningKey::generate(&Randomness::default()).unwrap())
    }

    pub(crate) fn unsigned(&self) -> AuthBuilder<Account> {
        let builder = match self.clone() {
            Self::Memory(store, users) => Auth::builder(users)
                .sessions(store.clone())
                .clients(store.clone())
                .counters(store.clone())
                .revocations(store),
            Self::Sqlite(store, users, _) => Auth::builder(users)
                .sessions(store.clone())
                .clients(store.clone())
                .counters(MemoryStore::new())
                .revocations(store),
            Self::Postgres(store, users) => Auth::builder(users)
                .sessions(store.clone())
                .clients(store.clone())
                .counters(MemoryStore::new())
                .revocations(store),
            Self::Redis(store, users, revocations, counters) => {
                Auth::builder(users).sessions(store.clone()).clients(store).counters(counters).revocations(revocations)
            }
        };
        // A password that is hashed in no time: what is tested here is not hashing.
        builder.password_hasher(Fast).password_rules(PasswordRules::new().min_length(8))
    }

    /// The users alone, as a program sees them that knows of no sessions.
    pub(crate) fn users_alone(&self) -> Auth<Account> {
        let builder = match self.clone() {
            Self::Memory(_, users) => Auth::builder(users),
            Self::Sqlite(_, users, _) => Auth::builder(users),
            Self::Postgres(_, users) | Self::Redis(_, users, ..) => Auth::builder(users),
        };
        builder
            .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
            .password_hasher(Fast)
            .build()
            .unwrap()
    }

    pub(crate) async fn register_client(&self, client: &auth_runtime::Client) {
        use auth_runtime::ClientStore;
        match self {
            Self::Memory(store, _) => store.register(client).await,
            Self::Sqlite(store, ..) => store.register(client).await,
            Self::Postgres(store, _) | Self::Redis(store, ..) => store.register(client).await,
        }
        .unwrap();
    }
}

/// No hash at all.
pub(crate) struct Fast;

impl PasswordHasher for Fast {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(format!("plain:{password}")))
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        Ok(if hash.expose() == format!("plain:{password}") { Verdict::Match } else { Verdict::Mismatch })
    }
}

/// A clock that a test moves, which begins at the true time.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(Clock::default().unix_seconds())))
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(hand.0.load(Ordering::SeqCst)))
    }

    pub(crate) fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// Mails that were sent.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<std::sync::Mutex<Vec<Mail>>>);

impl Outbox {
    /// The next mail; it may be under way.
    pub(crate) async fn next(&self) -> Mail {
        for _ in 0..600 {
            if let Some(mail) = self.0.lock().unwrap().pop() {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail was sent");
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Mailer for Outbox {
    async fn send(&self, mail: Mail) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }
}

#[token_endpoint("/token")]
pub(crate) async fn login(user: Account, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

#[get("/me")]
#[requires_active_user]
pub(crate) async fn me(user: Account) -> String {
    user.name
}

#[get("/token-only")]
#[requires_token]
pub(crate) async fn token_only(token: AccessToken) -> String {
    token.subject.clone()
}

#[get("/items")]
#[requires_scopes(Scope::Items)]
pub(crate) async fn items() -> &'static str {
    "items"
}

pub(crate) fn router() -> SecureRouter<Auth<Account>> {
    SecureRouter::new()
        .mount(login)
        .mount(me)
        .mount(token_only)
        .mount(items)
        .merge(endpoints::sessions())
        .nest("/account", endpoints::account())
        .merge(endpoints::registration())
}

/// With OAuth's endpoints, for an `Auth` whose issuer is a URL.
pub(crate) fn oauth_router() -> SecureRouter<Auth<Account>> {
    router().merge(endpoints::oauth())
}

/// The application, with a user `john` whose password is `password-of-john`.
pub(crate) async fn serve(auth: &Auth<Account>) -> TestServer {
    add_john(auth).await;
    TestServer::start(router().with_state(auth.clone())).await
}

pub(crate) async fn serve_oauth(auth: &Auth<Account>) -> TestServer {
    add_john(auth).await;
    TestServer::start(oauth_router().with_state(auth.clone())).await
}

pub(crate) async fn add_john(auth: &Auth<Account>) {
    let hash = auth.hash_password("password-of-john".into()).await.unwrap();
    assert!(auth.register(&Account::new_user("john".to_owned(), hash), ClientAddress::UNKNOWN).await.unwrap());
}

pub(crate) const JOHN: &str = "username=john&password=password-of-john&scope=me+items";

/// The access token and the refresh token of an answer.
pub(crate) fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text =
        |name: &str| answer.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", answer.body)).to_owned();
    (text("access_token"), text("refresh_token"))
}

pub(crate) async fn refresh(server: &TestServer, token: &str) -> Answer {
    server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={token}")).await
}

pub(crate) async fn status(server: &TestServer, path: &str, token: &str) -> u16 {
    server.get_as(path, token).await.status
}

/// A POST of a form with further header lines.
pub(crate) async fn post_with(server: &TestServer, path: &str, headers: &[String], form: &str) -> Answer {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        form.len()
    );
    for header in headers {
        request += &format!("{header}\r\n");
    }
    server.send(request + "\r\n" + form).await
}

pub(crate) async fn post_as(server: &TestServer, path: &str, token: &str, form: &str) -> Answer {
    post_with(server, path, &[format!("authorization: Bearer {token}")], form).await
}
