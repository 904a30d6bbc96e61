//! PostgreSQL.

use std::{fmt, marker::PhantomData, str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Row, Transaction,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
};

use super::{
    check_table, from_stored, migrations,
    migrations::migrate,
    store,
    store::sql_store,
    to_stored,
    users::{Statements, create_statement, sql_users},
};
use crate::{
    ambient::Clock,
    password::PasswordHash,
    store::{
        Client, ClientStore, ColumnKind, ColumnRole, FoundToken, KeptToken, Record, RevocationStore, Session,
        SessionStore, StoreError, TokenDigest, UserStore, Value,
    },
    user::AuthUser,
};

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

/// Sessions, revocations and clients in PostgreSQL. Its tables are called `auth_..`, and are made and brought up to date when
/// it connects, by whichever process comes first.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, PasswordHash};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// use auth_runtime::{Auth, PostgresStore, SigningKeys};
///
/// # async fn build() -> Result<(), auth_runtime::BoxError> {
/// let store = PostgresStore::connect(&std::env::var("DATABASE_URL")?).await?;
/// let auth = Auth::builder(store.users::<User>().await?)
///     .signing_keys(SigningKeys::from_file("keys.json")?)
///     .sessions(store.clone())
///     .revocations(store)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

type Database = Postgres;

impl PostgresStore {
    /// Connects, and makes its tables if they do not exist.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, refuses, or holds tables of a newer version.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new(url)?.store().await
    }

    /// The same over connections that the application has already: a pool of sqlx 0.9. Its timeouts are the application's.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        let store = Self { pool };
        let mut transaction = store.transaction().await?;
        sqlx::query(LOCK).execute(&mut *transaction).await.map_err(|error| store.explain(error))?;
        migrate!(&mut *transaction, "BYTEA", |error| store.explain(error));
        transaction.commit().await.map_err(|error| store.explain(error))?;
        Ok(store)
    }

    /// Users in the table `users` of the same database, which is made if it does not exist.
    ///
    /// # Errors
    /// As [`PostgresUsers::connect`].
    pub async fn users<U: AuthUser + Record<Postgres>>(&self) -> Result<PostgresUsers<U>, StoreError> {
        PostgresUsers::from_pool(self.pool.clone(), DEFAULT_TABLE).await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn transaction(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin().await.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&place(&self.pool.connect_options()), error)
    }
}

sql_store!(PostgresStore);

/// Users in a table of PostgreSQL: one row a user, one column a field of the user type.
pub struct PostgresUsers<U> {
    pool: PgPool,
    statements: Statements,
    users: PhantomData<fn() -> U>,
}

impl<U> Clone for PostgresUsers<U> {
    /// Another handle on the same connections.
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), statements: self.statements.clone(), users: PhantomData }
    }
}

impl<U> fmt::Debug for PostgresUsers<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUsers").finish_non_exhaustive()
    }
}

impl<U: AuthUser> PostgresUsers<U> {
    /// Connects to the table `users`, and makes it if it does not exist.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached or refuses, or if the table lacks a column that the user type needs, or
    /// its username is not unique.
    pub async fn connect(url: &str) -> Result<Self, StoreError>
    where
        U: Record<Postgres>,
    {
        Self::from_pool(PostgresOptions::new(url)?.pool().await?, DEFAULT_TABLE).await
    }

    /// The same over connections that the application has already, with another table.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool, table: &str) -> Result<Self, StoreError>
    where
        U: Record<Postgres>,
    {
        check_table(table)?;
        let users = Self { pool, statements: Statements::of(U::COLUMNS, table), users: PhantomData };
        let mut transaction = users.pool.begin().await.map_err(|error| users.explain(error))?;
        sqlx::query(LOCK).execute(&mut *transaction).await.map_err(|error| users.explain(error))?;
        if columns(&mut transaction, table).await.map_err(|error| users.explain(error))?.is_empty() {
            let create = create_statement(U::COLUMNS, table, type_name);
            let query = sqlx::query(AssertSqlSafe(create));
            query.execute(&mut *transaction).await.map_err(|error| users.explain(error))?;
        }
        users.check::<U>(&mut transaction, table).await?;
        transaction.commit().await.map_err(|error| users.explain(error))?;
        Ok(users)
    }

    async fn check<R: Record<Postgres>>(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        table: &str,
    ) -> Result<(), StoreError> {
        let present = columns(transaction, table).await.map_err(|error| self.explain(error))?;
        let missing: Vec<&str> =
            R::COLUMNS.iter().map(|column| column.name).filter(|name| !present.iter().any(|one| one == name)).collect();
        if !missing.is_empty() {
            return Err(StoreError::new(format!(
                "the table {table} in {} lacks the columns {}: add them with ALTER TABLE, or choose another table",
                self.place(),
                missing.join(", ")
            )));
        }
        let Some(key) = R::COLUMNS.iter().find(|column| column.role == ColumnRole::Username) else { return Ok(()) };
        let query = sqlx::query_scalar(IS_UNIQUE).bind(super::quoted(table)).bind(key.name);
        let unique: bool = query.fetch_one(&mut **transaction).await.map_err(|error| self.explain(error))?;
        if !unique {
            return Err(StoreError::new(format!(
                "the column {} of the table {table} in {} is not unique, so that two users could share a name: make it the primary key, or CREATE UNIQUE INDEX on it",
                key.name,
                self.place()
            )));
        }
        Ok(())
    }

    fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&self.place(), error)
    }

    fn place(&self) -> String {
        place(&self.pool.connect_options())
    }
}

sql_users!(PostgresUsers, Postgres);

/// The columns that the table has where an unqualified name finds it.
async fn columns(transaction: &mut Transaction<'static, Postgres>, table: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
    )
    .bind(super::quoted(table))
    .fetch_all(&mut **transaction)
    .await
}

/// Whether a column alone has a unique index over all rows.
const IS_UNIQUE: &str = "SELECT EXISTS (SELECT 1 FROM pg_index i \
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
    WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 \
    AND i.indpred IS NULL)";

fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean => "BOOLEAN",
        ColumnKind::Integer => "BIGINT",
        ColumnKind::Real => "DOUBLE PRECISION",
        ColumnKind::Text => "TEXT",
        ColumnKind::Blob => "BYTEA",
    }
}

/// Whether a text can be stored at all; one that cannot is nobody's name.
fn holds(text: &str) -> bool {
    !text.contains('\0')
}

fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    value: Value,
    kind: ColumnKind,
) -> Query<'q, Postgres, PgArguments> {
    match (value, kind) {
        (Value::Boolean(flag), _) => query.bind(flag),
        (Value::Integer(number), _) => query.bind(number),
        (Value::Real(number), _) => query.bind(number),
        (Value::Text(text), _) => query.bind(text),
        (Value::Blob(bytes), _) => query.bind(bytes),
        // Nothing has a type, too.
        (Value::Null, ColumnKind::Boolean) => query.bind(None::<bool>),
        (Value::Null, ColumnKind::Integer) => query.bind(None::<i64>),
        (Value::Null, ColumnKind::Real) => query.bind(None::<f64>),
        (Value::Null, ColumnKind::Text) => query.bind(None::<String>),
        (Value::Null, ColumnKind::Blob) => query.bind(None::<Vec<u8>>),
    }
}

/// The value, or what it should be. Smaller types of the same kind will do.
fn value(row: &PgRow, index: usize, kind: ColumnKind) -> Result<Value, &'static str> {
    let integer = || -> Result<Option<i64>, sqlx::Error> {
        row.try_get(index)
            .or_else(|_| row.try_get::<Option<i32>, _>(index).map(|number| number.map(i64::from)))
            .or_else(|_| row.try_get::<Option<i16>, _>(index).map(|number| number.map(i64::from)))
    };
    let real = || -> Result<Option<f64>, sqlx::Error> {
        row.try_get(index).or_else(|_| row.try_get::<Option<f32>, _>(index).map(|number| number.map(f64::from)))
    };
    let (value, expected) = match kind {
        ColumnKind::Boolean => {
            (row.try_get(index).map(|found: Option<bool>| found.map(Value::Boolean)), "true or false")
        }
        ColumnKind::Integer => (integer().map(|found| found.map(Value::Integer)), "a whole number"),
        ColumnKind::Real => (real().map(|found| found.map(Value::Real)), "a number"),
        ColumnKind::Text => (row.try_get(index).map(|found: Option<String>| found.map(Value::Text)), "text"),
        ColumnKind::Blob => (row.try_get(index).map(|found: Option<Vec<u8>>| found.map(Value::Blob)), "bytes"),
    };
    value.map(|found| found.unwrap_or(Value::Null)).map_err(|_| expected)
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
