//! The application's own table and row type.

use std::{fmt, marker::PhantomData};

use sqlx::{AssertSqlSafe, Database, Decode, Encode, Executor, FromRow, IntoArguments, Pool, Type};

use crate::{
    password::PasswordHash,
    store::{StoreError, UserStore},
    user::AuthUser,
};

/// Users in a table of the application's own, read by its own statement into its own type: any that implements sqlx's
/// `FromRow`, in any database of sqlx 0.9 whose feature the application enables in its own `Cargo.toml`.
///
/// ```no_run
/// use auth_runtime::{Auth, AuthUser, PasswordHash, SigningKey, SqlxUsers};
///
/// #[derive(AuthUser, Clone, sqlx::FromRow)]
/// struct Account {
///     id: i64,
///     #[auth(username)]
///     email: String,
///     #[sqlx(rename = "blocked")]
///     #[auth(disabled)]
///     disabled: bool,
///     #[auth(password_hash)]
///     secret: Option<PasswordHash>,
/// }
///
/// # async fn build(pool: sqlx::SqlitePool) -> Result<(), auth_runtime::BoxError> {
/// let accounts = SqlxUsers::<Account, sqlx::Sqlite>::new(
///     pool,
///     "SELECT id, email, blocked, secret FROM accounts JOIN credentials USING (id) WHERE email = $1",
/// )
/// .replace_password_hash("UPDATE credentials SET secret = $1 WHERE id = (SELECT id FROM accounts WHERE email = $2) AND secret = $3")
/// .set_disabled("UPDATE accounts SET blocked = $1 WHERE email = $2");
/// let auth = Auth::builder(accounts).signing_key(SigningKey::from_env("AUTH_SECRET")?).build()?;
/// # Ok(()) }
/// ```
///
/// The statements are the application's: they are written in its source, and never made of input. What has no statement is
/// an error where it is asked for.
pub struct SqlxUsers<U, D: Database> {
    pool: Pool<D>,
    find: &'static str,
    replace_password_hash: Option<&'static str>,
    set_password_hash: Option<&'static str>,
    set_disabled: Option<&'static str>,
    set_verified: Option<&'static str>,
    remove: Option<&'static str>,
    users: PhantomData<fn() -> U>,
}

impl<U, D: Database> SqlxUsers<U, D> {
    /// Users that `find` finds: its one parameter is the username, and it gives one row at most.
    #[must_use]
    pub fn new(pool: Pool<D>, find: &'static str) -> Self {
        Self {
            pool,
            find,
            replace_password_hash: None,
            set_password_hash: None,
            set_disabled: None,
            set_verified: None,
            remove: None,
            users: PhantomData,
        }
    }

    /// Replaces the hash by the first parameter, for the username that is the second, where it still is the third. Without
    /// it, outdated hashes stay.
    #[must_use]
    pub fn replace_password_hash(mut self, statement: &'static str) -> Self {
        self.replace_password_hash = Some(statement);
        self
    }

    /// Replaces the hash by the first parameter, for the username that is the second.
    #[must_use]
    pub fn set_password_hash(mut self, statement: &'static str) -> Self {
        self.set_password_hash = Some(statement);
        self
    }

    /// Disables, or no longer, as the boolean first parameter says, the username that is the second.
    #[must_use]
    pub fn set_disabled(mut self, statement: &'static str) -> Self {
        self.set_disabled = Some(statement);
        self
    }

    /// Says whether the address is verified by the boolean first parameter, for the username that is the second.
    #[must_use]
    pub fn set_verified(mut self, statement: &'static str) -> Self {
        self.set_verified = Some(statement);
        self
    }

    /// Removes the username that is the parameter.
    #[must_use]
    pub fn remove(mut self, statement: &'static str) -> Self {
        self.remove = Some(statement);
        self
    }
}

impl<U, D: Database> Clone for SqlxUsers<U, D> {
    /// Another handle on the same connections.
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), users: PhantomData, ..*self }
    }
}

impl<U, D: Database> fmt::Debug for SqlxUsers<U, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxUsers").field("find", &self.find).finish_non_exhaustive()
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::new("the table of users cannot be used").caused_by(error)
}

fn no_statement(what: &str) -> StoreError {
    StoreError::new(format!("this `SqlxUsers` has no statement `{what}`: add `.{what}(..)` to it"))
}

impl<U, D> UserStore for SqlxUsers<U, D>
where
    U: AuthUser + Unpin + for<'r> FromRow<'r, D::Row>,
    D: Database,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    D::Arguments: IntoArguments<D>,
    for<'q> &'q str: Encode<'q, D> + Type<D>,
    for<'q> bool: Encode<'q, D> + Type<D>,
{
    type User = U;

    async fn find(&self, username: &str) -> Result<Option<U>, StoreError> {
        sqlx::query_as(AssertSqlSafe(self.find)).bind(username).fetch_optional(&self.pool).await.map_err(failed)
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let Some(statement) = self.replace_password_hash else { return Ok(()) };
        sqlx::query(AssertSqlSafe(statement))
            .bind(new.expose())
            .bind(username)
            .bind(old.expose())
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn set_password_hash(&self, username: &str, hash: &PasswordHash) -> Result<bool, StoreError> {
        let statement = self.set_password_hash.ok_or_else(|| no_statement("set_password_hash"))?;
        let found = UserStore::find(self, username).await?.is_some();
        let query = sqlx::query(AssertSqlSafe(statement)).bind(hash.expose()).bind(username);
        query.execute(&self.pool).await.map(|_| found).map_err(failed)
    }

    async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        let statement = self.set_disabled.ok_or_else(|| no_statement("set_disabled"))?;
        let found = UserStore::find(self, username).await?.is_some();
        let query = sqlx::query(AssertSqlSafe(statement)).bind(disabled).bind(username);
        query.execute(&self.pool).await.map(|_| found).map_err(failed)
    }

    async fn set_verified(&self, username: &str, verified: bool) -> Result<bool, StoreError> {
        let statement = self.set_verified.ok_or_else(|| no_statement("set_verified"))?;
        let found = UserStore::find(self, username).await?.is_some();
        let query = sqlx::query(AssertSqlSafe(statement)).bind(verified).bind(username);
        query.execute(&self.pool).await.map(|_| found).map_err(failed)
    }

    async fn remove(&self, username: &str) -> Result<bool, StoreError> {
        let statement = self.remove.ok_or_else(|| no_statement("remove"))?;
        let found = UserStore::find(self, username).await?.is_some();
        let query = sqlx::query(AssertSqlSafe(statement)).bind(username);
        query.execute(&self.pool).await.map(|_| found).map_err(failed)
    }
}

/// A column of a row type of the application's own: `Option<PasswordHash>`, say, with sqlx's `FromRow`.
impl<D: Database> Type<D> for PasswordHash
where
    String: Type<D>,
{
    fn type_info() -> D::TypeInfo {
        String::type_info()
    }

    fn compatible(info: &D::TypeInfo) -> bool {
        String::compatible(info)
    }
}

impl<'r, D: Database> Decode<'r, D> for PasswordHash
where
    String: Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        String::decode(value).map(Self::from_stored)
    }
}
