//! PostgreSQL.

mod store;
mod users;

use std::{str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub use self::{store::PostgresStore, users::PostgresUsers};
use crate::store::StoreError;

const DEFAULT_TABLE: &str = "users";
const DEFAULT_CONNECTIONS: u32 = 16;
/// Below the time after which the guard gives up a store.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);
/// Held by whoever changes tables: a number that no other program is likely to choose.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5849246180734012551)";

/// How a [`PostgresStore`] or a [`PostgresUsers`] is connected.
///
/// ```no_run
/// use auth_runtime::PostgresOptions;
/// use std::time::Duration;
///
/// # async fn connect() -> Result<(), auth_runtime::StoreError> {
/// let store = PostgresOptions::new("postgres://app@db.internal/app")?
///     .connections(4)
///     .timeout(Duration::from_millis(500))
///     .store()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    connect: PgConnectOptions,
    connections: u32,
    timeout: Duration,
}

impl PostgresOptions {
    /// With the defaults: 16 connections, three seconds to get one and for each statement.
    ///
    /// TLS is what the URL says (`sslmode=verify-full`), and needs a `tls-..` feature of sqlx 0.9 in the application's own
    /// `Cargo.toml`.
    ///
    /// # Errors
    /// [`StoreError`] for a URL that cannot be read. It is not quoted, since it may hold a password.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let unreadable = || {
            StoreError::new(
                "the database's URL cannot be read: it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE",
            )
        };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(unreadable());
        }
        let connect = PgConnectOptions::from_str(url).map_err(|_| unreadable())?;
        Ok(Self { connect, connections: DEFAULT_CONNECTIONS, timeout: DEFAULT_TIMEOUT })
    }

    /// How many connections there are at most.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long to wait for a connection, and for each statement.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Connects a store of sessions, revocations and clients.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn store(self) -> Result<PostgresStore, StoreError> {
        PostgresStore::from_pool(self.pool().await?).await
    }

    async fn pool(self) -> Result<PgPool, StoreError> {
        let milliseconds = self.timeout.as_millis().max(1).to_string();
        let connect = self.connect.options([("statement_timeout", milliseconds)]);
        let place = place(&connect);
        PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(self.timeout)
            .connect_with(connect)
            .await
            .map_err(|error| explain(&place, error))
    }
}

/// The connections to a database, and what it is called.
#[derive(Debug, Clone)]
struct Database {
    pool: PgPool,
    place: String,
}

impl Database {
    fn of(pool: PgPool) -> Self {
        let place = place(&pool.connect_options());
        Self { pool, place }
    }

    /// What the database answers, or why it does not.
    async fn explained<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        work.await.map_err(|error| explain(&self.place, error))
    }
}

/// Host and database: nothing of the URL that is secret.
fn place(options: &PgConnectOptions) -> String {
    format!("{} at {}:{}", options.get_database().unwrap_or("the database"), options.get_host(), options.get_port())
}

fn explain(place: &str, error: sqlx::Error) -> StoreError {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().map(std::borrow::Cow::into_owned),
        _ => None,
    };
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    let message = match (code.as_deref(), &error) {
        (Some("28P01" | "28000"), _) => format!("{place} refuses the user or the password"),
        (Some("3D000"), _) => format!("{place} does not exist: create it with `createdb`"),
        (Some("42501"), _) => format!("{place} does not permit this to its user: GRANT what is missing"),
        (Some("57014"), _) => format!("{place} did not answer in time"),
        (Some("53300"), _) => format!("{place} has no connection left"),
        (_, sqlx::Error::PoolTimedOut) => format!("{place} is busy or down: no connection was free in time"),
        (_, sqlx::Error::Io(_)) => format!("{place} cannot be reached: is the server running?"),
        (_, sqlx::Error::Tls(_)) => {
            format!("{place} wants TLS: enable one of the features `tls-..` of sqlx 0.9 in the application")
        }
        _ => format!("{place} cannot be used"),
    };
    StoreError::new(message).caused_by(error)
}

/// Whether a text can be stored at all; one that cannot is nobody's name.
fn holds(text: &str) -> bool {
    !text.contains('\0')
}
