//! Which database, and who works on it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use auth_runtime::{
    Auth, PostgresStore, Randomness, RedisRevocations, RevocationStore, SessionStore, SigningKey, SqliteStore,
    SqliteUsersOptions, UserStore,
};
use clap::Args;

use crate::{
    clients::{self, ClientsCommand},
    output::{Failure, note},
    user::User,
    users::{self, UsersCommand},
};

/// The longest that a server can be configured to accept a token.
const LONGEST_TOKEN: Duration = Duration::from_secs(24 * 60 * 60);
const LARGEST_LEEWAY: Duration = Duration::from_secs(120);
/// Longer than any store waits by itself, so that it can say what it waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where users, sessions and clients are.
// A URL may hold a password: neither the help nor an error shows it.
#[derive(Args)]
pub(crate) struct Place {
    /// The database: `sqlite:users.db`, or `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        help_heading = "Where"
    )]
    database: Option<String>,
}

/// What the servers ask besides.
#[derive(Args)]
pub(crate) struct Beside {
    /// The Redis where the servers look up what is revoked, if they do, and would miss it otherwise: `redis://HOST:6379`.
    #[arg(long, value_name = "URL", env = "REDIS_URL", hide_env_values = true, global = true, help_heading = "Where")]
    redis: Option<String>,
}

enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    fn database(&self) -> Result<Database, Failure> {
        const FORMS: &str =
            "`--database sqlite:users.db` or `--database postgres://USER:PASSWORD@HOST/DATABASE`, or set DATABASE_URL";
        let Some(text) = self.database.as_deref().filter(|text| !text.is_empty()) else {
            return Err(Failure::usage(format!("which database? Say {FORMS}")));
        };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Database::Postgres(text.to_owned()));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None if text.ends_with(".db") && !text.contains("://") => text,
            None => return Err(Failure::usage(format!("this URL is of no database that is known here. Say {FORMS}"))),
        };
        if path.is_empty() || path.contains('?') || path == ":memory:" {
            return Err(Failure::usage(format!(
                "an SQLite database is a file, without anything after its name: {FORMS}"
            )));
        }
        Ok(Database::Sqlite(path.into()))
    }
}

pub(crate) async fn run_users(place: &Place, beside: &Beside, command: UsersCommand) -> Result<(), Failure> {
    match place.database()? {
        Database::Sqlite(path) => {
            let is_new = check_file(&path, command.begins(), "auth users add")?;
            let options = SqliteUsersOptions::default();
            // Nothing is added to a file that may be another program's.
            let options = if command.begins() { options } else { options.existing() };
            let users = options.open::<User>(&path).await?;
            let store = SqliteStore::open(&path).await?;
            say_new(is_new, &path);
            let outcome = run_on(beside, command, users.clone(), store.clone()).await;
            users.close().await;
            store.close().await;
            outcome
        }
        Database::Postgres(url) => {
            let store = PostgresStore::connect(&url).await?;
            run_on(beside, command, store.users::<User>().await?, store).await
        }
    }
}

async fn run_on<U, S>(beside: &Beside, command: UsersCommand, users: U, store: S) -> Result<(), Failure>
where
    U: UserStore<User = User> + Clone,
    S: SessionStore + RevocationStore + Clone,
{
    // It issues no token. How long revocations are kept follows from the lifetime of its tokens, and has to be enough for those of
    // every server on this database, whether they are signed with another key or kept.
    let auth = Auth::builder(users.clone())
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .token_lifetime(LONGEST_TOKEN)
        .leeway(LARGEST_LEEWAY)
        .store_timeout(PATIENCE)
        .sessions(store.clone());
    let auth = match beside.redis.as_deref().filter(|url| !url.is_empty() && command.ends_sessions()) {
        Some(url) => auth.revocations(RedisRevocations::in_front_of(store, url).await?),
        None => auth.revocations(store),
    };
    users::run(command, &users, &auth.build()?).await
}

pub(crate) async fn run_clients(place: &Place, command: ClientsCommand) -> Result<(), Failure> {
    match place.database()? {
        Database::Sqlite(path) => {
            let is_new = check_file(&path, command.begins(), "auth clients add")?;
            let store = SqliteStore::open(&path).await?;
            say_new(is_new, &path);
            let outcome = clients::run(command, &store).await;
            store.close().await;
            outcome
        }
        Database::Postgres(url) => clients::run(command, &PostgresStore::connect(&url).await?).await,
    }
}

/// Whether the file will be new. A mistyped name must not look like a database without users.
fn check_file(path: &Path, may_be_new: bool, begin: &str) -> Result<bool, Failure> {
    let exists = path.exists();
    if exists || may_be_new {
        return Ok(!exists);
    }
    Err(Failure::failed(format!("there is no file {}: is the path right? `{begin}` makes a new one", path.display())))
}

fn say_new(is_new: bool, path: &Path) {
    if is_new {
        note(format_args!("{} is a new database.", path.display()));
    }
}
