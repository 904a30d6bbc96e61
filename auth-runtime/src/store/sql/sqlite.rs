//! SQLite.

use std::{
    fmt,
    marker::PhantomData,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, Row, Sqlite, SqlitePool, Transaction,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow},
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
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Users in one SQLite file: the embedded default. One row a user, one column a field of the user type.
///
/// ```no_run
/// use auth_runtime::{AuthUser, PasswordHash, SqliteUsers};
///
/// #[derive(AuthUser, Clone)]
/// struct User {
///     #[auth(username)]
///     username: String,
///     full_name: Option<String>,
///     #[auth(disabled)]
///     disabled: bool,
///     #[auth(password_hash)]
///     hashed_password: PasswordHash,
/// }
///
/// # async fn open() -> Result<(), auth_runtime::StoreError> {
/// let users = SqliteUsers::<User>::open("users.db").await?;
/// # Ok(()) }
/// ```
pub struct SqliteUsers<U> {
    pool: SqlitePool,
    path: PathBuf,
    statements: Statements,
    users: PhantomData<fn() -> U>,
}

impl<U> Clone for SqliteUsers<U> {
    /// Another handle on the same file.
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            path: self.path.clone(),
            statements: self.statements.clone(),
            users: PhantomData,
        }
    }
}

/// How a [`SqliteUsers`] is opened.
#[derive(Debug, Clone)]
pub struct SqliteUsersOptions {
    table: String,
    busy_timeout: Duration,
    create: bool,
}

impl Default for SqliteUsersOptions {
    fn default() -> Self {
        Self { table: DEFAULT_TABLE.to_owned(), busy_timeout: DEFAULT_TIMEOUT, create: true }
    }
}

impl SqliteUsersOptions {
    /// The table; `users` unless said.
    #[must_use]
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = table.into();
        self
    }

    /// How long to wait for another process that holds the file; five seconds unless said.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Opens a file that must exist, and its table too, instead of making what is missing.
    #[must_use]
    pub fn existing(mut self) -> Self {
        self.create = false;
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// As [`SqliteUsers::open`].
    pub async fn open<U: AuthUser + Record<Sqlite>>(
        self,
        path: impl AsRef<Path>,
    ) -> Result<SqliteUsers<U>, StoreError> {
        SqliteUsers::open_with(path.as_ref(), self).await
    }
}

impl<U: AuthUser> SqliteUsers<U> {
    /// Opens the file, and makes it and its table if they do not exist.
    ///
    /// # Errors
    /// [`StoreError`] says whether the file is locked, read-only, not a database, damaged, or has a table without the
    /// columns that the user type needs. Nothing is changed in such a file.
    // The bound is on the method, where an unsuitable field is reported by its own message.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError>
    where
        U: Record<Sqlite>,
    {
        SqliteUsersOptions::default().open(path).await
    }

    async fn open_with(path: &Path, options: SqliteUsersOptions) -> Result<Self, StoreError>
    where
        U: Record<Sqlite>,
    {
        check_table(&options.table)?;
        let pool = open(path, options.create, options.busy_timeout).await?;
        if options.create {
            sqlx::query(AssertSqlSafe(create_statement(U::COLUMNS, &options.table, type_name)))
                .execute(&pool)
                .await
                .map_err(|error| explain(path, error))?;
        }
        check_columns::<U>(&pool, path, &options.table).await?;
        let statements = Statements::of(U::COLUMNS, &options.table);
        Ok(Self { pool, path: path.to_owned(), statements, users: PhantomData })
    }

    /// Writes everything back and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&self.path, error)
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

sql_users!(SqliteUsers, Sqlite);

impl<U> fmt::Debug for SqliteUsers<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteUsers").field("path", &self.path).finish_non_exhaustive()
    }
}

fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean | ColumnKind::Integer => "INTEGER",
        ColumnKind::Real => "REAL",
        ColumnKind::Text => "TEXT",
        ColumnKind::Blob => "BLOB",
    }
}

async fn open(path: &Path, create: bool, busy_timeout: Duration) -> Result<SqlitePool, StoreError> {
    if create {
        create_for_owner(path);
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(busy_timeout);
    let pool = SqlitePoolOptions::new().acquire_timeout(busy_timeout + DEFAULT_TIMEOUT).connect_with(connect);
    pool.await.map_err(|error| explain(path, error))
}

/// Sessions, revocations and clients in one SQLite file, which may also be that of the users. Its tables are called
/// `auth_..`, and are made and brought up to date when it is opened.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, PasswordHash};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// use auth_runtime::{Auth, SigningKey, SqliteStore, SqliteUsers};
///
/// # async fn build() -> Result<(), auth_runtime::BoxError> {
/// let store = SqliteStore::open("users.db").await?;
/// let auth = Auth::builder(SqliteUsers::<User>::open("users.db").await?)
///     .signing_key(SigningKey::from_env("AUTH_SECRET")?)
///     .sessions(store.clone())
///     .revocations(store)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    path: PathBuf,
}

type Database = Sqlite;

impl SqliteStore {
    /// Opens the file, and makes it and its tables if they do not exist.
    ///
    /// # Errors
    /// [`StoreError`] says whether the file is locked, read-only, not a database or damaged, or was made by a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let pool = open(path, true, DEFAULT_TIMEOUT).await?;
        let store = Self { pool, path: path.to_owned() };
        let mut transaction = store.transaction().await?;
        migrate!(&mut *transaction, "BLOB", |error| store.explain(error));
        transaction.commit().await.map_err(|error| store.explain(error))?;
        Ok(store)
    }

    /// Writes everything back and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// One that will write, and therefore waits for whoever writes before it reads.
    async fn transaction(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&self.path, error)
    }
}

sql_store!(SqliteStore);

async fn check_columns<U: Record<Sqlite>>(pool: &SqlitePool, path: &Path, table: &str) -> Result<(), StoreError> {
    let present: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(pool)
        .await
        .map_err(|error| explain(path, error))?;
    let missing: Vec<&str> = U::COLUMNS
        .iter()
        .map(|column| column.name)
        .filter(|name| !present.iter().any(|present| present.eq_ignore_ascii_case(name)))
        .collect();
    if present.is_empty() {
        return Err(StoreError::new(format!("{} has no table {table}", path.display())));
    }
    if !missing.is_empty() {
        return Err(StoreError::new(format!(
            "the table {table} in {} lacks the columns {}: add them with ALTER TABLE, or choose another file or table",
            path.display(),
            missing.join(", ")
        )));
    }
    let Some(key) = U::COLUMNS.iter().find(|column| column.role == ColumnRole::Username) else { return Ok(()) };
    let unique: bool = sqlx::query_scalar(IS_UNIQUE)
        .bind(table)
        .bind(key.name)
        .fetch_one(pool)
        .await
        .map_err(|error| explain(path, error))?;
    if !unique {
        return Err(StoreError::new(format!(
            "the column {} of the table {table} in {} is not unique, so that two users could share a name: make it the primary key, or CREATE UNIQUE INDEX on it",
            key.name,
            path.display()
        )));
    }
    Ok(())
}

/// Whether a column alone is the primary key, or has a unique index over all rows.
const IS_UNIQUE: &str = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 AND pk = 1 \
    AND (SELECT COUNT(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1) \
    OR EXISTS (SELECT 1 FROM pragma_index_list(?1) AS list WHERE list.\"unique\" = 1 AND list.partial = 0 \
    AND (SELECT COUNT(*) FROM pragma_index_info(list.name)) = 1 \
    AND EXISTS (SELECT 1 FROM pragma_index_info(list.name) WHERE name = ?2))";

/// Makes the file readable by its owner alone: it holds password hashes. What goes wrong here, opening it will report.
fn create_for_owner(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

/// Whether a text can be stored at all.
fn holds(_: &str) -> bool {
    true
}

fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    value: Value,
    _: ColumnKind,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Boolean(flag) => query.bind(i64::from(flag)),
        Value::Null => query.bind(None::<String>),
        Value::Integer(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Blob(bytes) => query.bind(bytes),
    }
}

/// The value, or what it should be: one of another kind is never taken for none.
fn value(row: &SqliteRow, index: usize, kind: ColumnKind) -> Result<Value, &'static str> {
    let (value, expected) = match kind {
        ColumnKind::Boolean => {
            return match row.try_get(index) {
                Ok(None) => Ok(Value::Null),
                Ok(Some(0_i64)) => Ok(Value::Boolean(false)),
                Ok(Some(1)) => Ok(Value::Boolean(true)),
                _ => Err("0 or 1"),
            };
        }
        ColumnKind::Integer => {
            (row.try_get(index).map(|found: Option<i64>| found.map(Value::Integer)), "a whole number")
        }
        ColumnKind::Real => (row.try_get(index).map(|found: Option<f64>| found.map(Value::Real)), "a number"),
        ColumnKind::Text => (row.try_get(index).map(|found: Option<String>| found.map(Value::Text)), "text"),
        ColumnKind::Blob => (row.try_get(index).map(|found: Option<Vec<u8>>| found.map(Value::Blob)), "bytes"),
    };
    value.map(|found| found.unwrap_or(Value::Null)).map_err(|_| expected)
}

fn explain(path: &Path, error: sqlx::Error) -> StoreError {
    let file = path.display();
    let code = match &error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<u32>().ok()),
        _ => None,
    };
    // The low byte is the primary result code, <https://sqlite.org/rescode.html>.
    let message = match (code.map(|code| code & 0xff), &error) {
        (Some(5 | 6), _) => format!("{file} is locked by another process: stop it, or wait until it is done"),
        (Some(8), _) => format!("{file} cannot be written: it, or its directory, is read-only"),
        (Some(11), _) => {
            format!("{file} is damaged: restore it from a backup, or recover it with `sqlite3 {file} .recover`")
        }
        (Some(13), _) => format!("{file} cannot be written: the disk is full"),
        (Some(14), _) => {
            format!("{file} cannot be opened: does its directory exist, and may this program read and write there?")
        }
        (Some(26), _) => format!("{file} is not an SQLite database: is it another program's file?"),
        (_, sqlx::Error::PoolTimedOut) => format!("{file} is busy: no connection was free in time"),
        _ => format!("{file} cannot be used"),
    };
    StoreError::new(message).caused_by(error)
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Executor, SqliteConnection};

    use super::*;

    /// A read-only file cannot be had where the tests run as root; a read-only connection gives the same code.
    #[tokio::test]
    async fn a_read_only_database_is_named() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        connection.execute("CREATE TABLE users (name TEXT); PRAGMA query_only = ON").await.unwrap();
        let error = connection.execute("INSERT INTO users VALUES ('x')").await.unwrap_err();
        let text = explain(Path::new("users.db"), error).to_string();
        assert_eq!(text, "users.db cannot be written: it, or its directory, is read-only");
    }
}
