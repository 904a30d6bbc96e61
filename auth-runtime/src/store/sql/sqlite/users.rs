//! Users in SQLite.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use rusqlite::params_from_iter;

use super::{
    DEFAULT_TABLE, DEFAULT_TIMEOUT, Sqlite,
    connections::Connections,
    errors::Failed,
    prepared::Prepared,
    remembered::RememberedUsers,
    values::{of_kind, values},
};
use crate::{
    password::PasswordHash,
    store::{
        ColumnKind, ColumnRole, ColumnSpec, Lookup, Record, StoreError, UserStore, Value,
        sql::tables::users::{
            Statements, check_table, create_statement, duplicate, missing_columns, no_field, not_unique, unfit,
        },
    },
    user::AuthUser,
};

/// Users in one SQLite file: the embedded default. One row a user, one column a field of the user type.
///
/// The users of recent requests, a thousand at most, stay in memory until anything is committed to the file, by whichever
/// process: each request asks SQLite whether it was.
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
    connections: Connections,
    statements: Arc<Statements>,
    remembered: Arc<RememberedUsers<U>>,
}

impl<U> Clone for SqliteUsers<U> {
    /// Another handle on the same file.
    fn clone(&self) -> Self {
        Self {
            connections: self.connections.clone(),
            statements: Arc::clone(&self.statements),
            remembered: Arc::clone(&self.remembered),
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
    /// The table; `users` by default.
    #[must_use]
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = table.into();
        self
    }

    /// How long to wait for another process that holds the file; five seconds by default.
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
        let SqliteUsersOptions { table, busy_timeout, create } = options;
        Self::over(Connections::open(path, create, busy_timeout).await?, table, create).await
    }

    /// Users in this table of a file that is open.
    pub(super) async fn over(connections: Connections, table: String, create: bool) -> Result<Self, StoreError>
    where
        U: Record<Sqlite>,
    {
        let statements = Arc::new(Statements::of(U::COLUMNS, &table));
        let file = connections.path().display().to_string();
        let prepare = move |prepared: &mut Prepared<'_>| {
            if create {
                prepared.once(&create_statement(U::COLUMNS, &table, type_name))?;
            }
            check_columns(prepared, U::COLUMNS, &table, &file)
        };
        connections.write(prepare).await?;
        Ok(Self { connections, statements, remembered: Arc::new(RememberedUsers::new()) })
    }

    /// Writes everything back and closes the file, for every clone of this handle.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

impl<U: AuthUser + Record<Sqlite>> SqliteUsers<U> {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError`] if there is a user of this name already, or the database cannot be written.
    pub async fn insert(&self, user: &U) -> Result<(), StoreError> {
        if self.add(user).await? { Ok(()) } else { Err(duplicate(user.username())) }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let statements = Arc::clone(&self.statements);
        let work = move |prepared: &mut Prepared<'_>| prepared.first(&statements.count, (), |row| row.get::<_, i64>(0));
        let count = self.connections.read(work).await?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The user in a row. `name` is what the row was found by, if anything.
    fn user(&self, mut row: Vec<Value>, name: Option<&str>) -> Result<U, StoreError> {
        let key = U::COLUMNS.iter().position(|column| column.role == ColumnRole::Username);
        let named = match key.and_then(|key| row.get(key)) {
            Some(Value::Text(text)) if name.is_none() => text.clone(),
            _ => String::new(),
        };
        let unfit = |column: &str, expected: &str| {
            unfit(column, name.unwrap_or(&named), &self.connections.path().display().to_string(), expected)
        };
        for (value, column) in row.iter_mut().zip(U::COLUMNS) {
            let stored = std::mem::replace(value, Value::Null);
            *value = of_kind(stored, column.kind).map_err(|expected| unfit(column.name, expected))?;
        }
        U::from_values(&mut row.into_iter()).map_err(|(column, error)| unfit(column, error.expected))
    }

    async fn change(
        &self,
        statement: Option<&String>,
        value: Value,
        username: &str,
        marker: &str,
    ) -> Result<bool, StoreError> {
        let statement = statement.ok_or_else(|| no_field(marker))?.clone();
        let username = username.to_owned();
        let work = move |prepared: &mut Prepared<'_>| prepared.execute(&statement, (value, username));
        Ok(self.connections.write(work).await? > 0)
    }
}

impl<U: AuthUser + Record<Sqlite>> UserStore for SqliteUsers<U> {
    type User = U;

    async fn find(&self, username: &str) -> Result<Option<U>, StoreError> {
        let (statements, name) = (Arc::clone(&self.statements), username.to_owned());
        let work = move |prepared: &mut Prepared<'_>| prepared.first(&statements.find, (name,), values);
        self.connections.read(work).await?.map(|row| self.user(row, Some(username))).transpose()
    }

    fn find_shared(&self, username: &str) -> Lookup<'_, U> {
        // Before a row is read, which may then be newer than this, and is not older.
        let generation = self.connections.generation();
        if let Some(user) = generation.and_then(|now| self.remembered.get(username, now)) {
            return Lookup::Known(Some(user));
        }
        let username = username.to_owned();
        Lookup::Read(Box::pin(async move {
            let user = self.find(&username).await?.map(Arc::new);
            if let (Some(user), Some(generation)) = (&user, generation) {
                self.remembered.keep(&username, Arc::clone(user), generation);
            }
            Ok(user)
        }))
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let statements = Arc::clone(&self.statements);
        let (username, old, new) = (username.to_owned(), old.clone(), new.clone());
        let work = move |prepared: &mut Prepared<'_>| match &statements.replace_password_hash {
            Some(statement) => prepared.execute(statement, (new.expose(), username, old.expose())).map(drop),
            None => Ok(()),
        };
        self.connections.write(work).await
    }

    async fn add(&self, user: &U) -> Result<bool, StoreError> {
        let (statements, row) = (Arc::clone(&self.statements), user.to_values());
        let work = move |prepared: &mut Prepared<'_>| match prepared.execute(&statements.insert, params_from_iter(row))
        {
            Ok(_) => Ok(true),
            Err(failed) if failed.is_duplicate() => Ok(false),
            Err(failed) => Err(failed),
        };
        self.connections.write(work).await
    }

    async fn set_password_hash(&self, username: &str, hash: &PasswordHash) -> Result<bool, StoreError> {
        let value = Value::Text(hash.expose().to_owned());
        self.change(self.statements.set_password_hash.as_ref(), value, username, "#[auth(password_hash)]").await
    }

    async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        let value = Value::Boolean(disabled);
        self.change(self.statements.set_disabled.as_ref(), value, username, "#[auth(disabled)]").await
    }

    async fn set_verified(&self, username: &str, verified: bool) -> Result<bool, StoreError> {
        let value = Value::Boolean(verified);
        self.change(self.statements.set_verified.as_ref(), value, username, "#[auth(verified)]").await
    }

    async fn remove(&self, username: &str) -> Result<bool, StoreError> {
        let (statements, username) = (Arc::clone(&self.statements), username.to_owned());
        let work = move |prepared: &mut Prepared<'_>| prepared.execute(&statements.remove, (username,));
        Ok(self.connections.write(work).await? > 0)
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<U>, StoreError> {
        let (statements, after) = (Arc::clone(&self.statements), after.unwrap_or_default().to_owned());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let work = move |prepared: &mut Prepared<'_>| prepared.all(&statements.list, (after, limit), values);
        self.connections.read(work).await?.into_iter().map(|row| self.user(row, None)).collect()
    }
}

impl<U> fmt::Debug for SqliteUsers<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteUsers").field("path", &self.connections.path()).finish_non_exhaustive()
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

fn check_columns(prepared: &mut Prepared<'_>, columns: &[ColumnSpec], table: &str, file: &str) -> Result<(), Failed> {
    let present: Vec<String> = prepared.all("SELECT name FROM pragma_table_info(?1)", (table,), |row| row.get(0))?;
    if present.is_empty() {
        return Err(StoreError::new(format!("{file} has no table {table}")).into());
    }
    let is_present = |name: &str| present.iter().any(|present| present.eq_ignore_ascii_case(name));
    missing_columns(columns, is_present, table, file)?;
    let Some(key) = columns.iter().find(|column| column.role == ColumnRole::Username) else { return Ok(()) };
    let unique: Option<bool> = prepared.first(IS_UNIQUE, (table, key.name), |row| row.get(0))?;
    if unique != Some(true) {
        return Err(not_unique(key.name, table, file).into());
    }
    Ok(())
}

/// Whether a column alone is the primary key, or has a unique index over all rows.
const IS_UNIQUE: &str = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 AND pk = 1 \
    AND (SELECT COUNT(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1) \
    OR EXISTS (SELECT 1 FROM pragma_index_list(?1) AS list WHERE list.\"unique\" = 1 AND list.partial = 0 \
    AND (SELECT COUNT(*) FROM pragma_index_info(list.name)) = 1 \
    AND EXISTS (SELECT 1 FROM pragma_index_info(list.name) WHERE name = ?2))";
