//! Stores: users, sessions, revocations, clients, counters. A store knows nothing of HTTP, and decides nothing.

mod buckets;
mod clients;
mod counters;
mod memory;
mod record;
#[cfg(feature = "redis")]
mod redis;
mod revocations;
mod sessions;
#[cfg(any(feature = "sqlite", feature = "sqlx"))]
mod sql;

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};

#[cfg(feature = "redis")]
pub use self::redis::{RedisCounters, RedisRevocations};
#[cfg(feature = "sqlx")]
pub use self::sql::SqlxUsers;
#[cfg(feature = "postgres")]
pub use self::sql::{PostgresOptions, PostgresStore, PostgresUsers};
#[cfg(feature = "sqlite")]
pub use self::sql::{Sqlite, SqliteStore, SqliteUsers, SqliteUsersOptions};
pub(crate) use self::{
    clients::AnyClientStore, counters::AnyCounterStore, revocations::AnyRevocationStore, sessions::AnySessionStore,
};
pub use self::{
    clients::{Client, ClientStore, WeakSecret},
    counters::{Counter, CounterStore, MOST_REMEMBERED, Pace, Taken},
    memory::{MemoryStore, MemoryUsers},
    record::{Column, ColumnError, ColumnKind, ColumnRole, ColumnSpec, Record, Value},
    revocations::RevocationStore,
    sessions::{FoundToken, KeptToken, Session, SessionStore, TokenDigest, TokenPurpose},
};
use crate::{password::PasswordHash, user::AuthUser};

/// Where users are looked up by name, and kept.
///
/// [`MemoryUsers`], [`SqliteUsers`] and `PostgresUsers` are here, and `SqlxUsers` for a table and a row type of your own.
/// Looking up is all that a login needs; what a store does not implement of the rest is an error where it is asked for.
/// For anything else, implement it:
///
/// ```
/// use auth_runtime::{AuthUser, PasswordHash, StoreError, UserStore};
///
/// #[derive(AuthUser, Clone)]
/// #[auth(no_password, always_active)]
/// struct Robot {
///     #[auth(username)]
///     name: String,
/// }
///
/// struct Robots;
///
/// impl UserStore for Robots {
///     type User = Robot;
///
///     async fn find(&self, username: &str) -> Result<Option<Robot>, StoreError> {
///         Ok(username.starts_with("robot-").then(|| Robot { name: username.to_owned() }))
///     }
///
///     async fn replace_password_hash(&self, _: &str, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
///         Ok(())
///     }
/// }
/// ```
pub trait UserStore: Send + Sync + 'static {
    /// The user type that this store keeps.
    type User: AuthUser;

    /// The user of exactly this name; `None` if there is none.
    ///
    /// An error is answered with 503, and never with an accepted request.
    fn find(&self, username: &str) -> impl Future<Output = Result<Option<Self::User>, StoreError>> + Send;

    /// The same for the guard of a request, without a copy of a user who is in memory.
    ///
    /// Override it only where users are kept in memory. [`Lookup::Known`] must never be older than what [`find`](Self::find)
    /// would say, or a disabled user is let in. Logins ask `find`, so that their time does not tell who is in memory.
    /// [`Lookup::Read`] may borrow the store, and not the name.
    fn find_shared(&self, username: &str) -> Lookup<'_, Self::User> {
        let username = username.to_owned();
        Lookup::Read(Box::pin(async move { Ok(self.find(&username).await?.map(Arc::new)) }))
    }

    /// Replaces the password hash of the user of this name if it is still `old`, and nothing else.
    ///
    /// Called after a successful login whose stored hash has outdated parameters. A password that was changed in the
    /// meantime must stay: compare and replace in one step.
    fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adds a user; false if there is one of this name already.
    fn add(&self, user: &Self::User) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = user;
        unsupported("add users")
    }

    /// Replaces the password hash, whatever it was; false if there is no such user.
    fn set_password_hash(
        &self,
        username: &str,
        hash: &PasswordHash,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (username, hash);
        unsupported("change passwords")
    }

    /// Switches a user off or on; false if there is no such user.
    fn set_disabled(&self, username: &str, disabled: bool) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (username, disabled);
        unsupported("disable users")
    }

    /// Says whether a user's email address is verified; false if there is no such user.
    fn set_verified(&self, username: &str, verified: bool) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (username, verified);
        unsupported("keep whether an email address is verified")
    }

    /// Removes a user; false if there is none.
    fn remove(&self, username: &str) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = username;
        unsupported("remove users")
    }

    /// At most `limit` users in the order of their names, from the one after `after` on.
    fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Self::User>, StoreError>> + Send {
        let _ = (after, limit);
        unsupported("list users")
    }
}

/// A user, at hand or still to be read: what [`UserStore::find_shared`] says.
pub enum Lookup<'a, U> {
    /// This is the user; `None` if there is none of the name.
    Known(Option<Arc<U>>),
    /// That has to be waited for.
    Read(Boxed<'a, Result<Option<Arc<U>>, StoreError>>),
}

impl<U> fmt::Debug for Lookup<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(Some(_)) => "Known(Some(..))",
            Self::Known(None) => "Known(None)",
            Self::Read(_) => "Read(..)",
        })
    }
}

fn unsupported<T: Send>(what: &str) -> std::future::Ready<Result<T, StoreError>> {
    std::future::ready(Err(StoreError::new(format!("this store does not {what}: implement it in its `UserStore`"))))
}

/// A store that is also used elsewhere: `Auth::builder(Arc::clone(&users))`.
impl<T: UserStore> UserStore for Arc<T> {
    type User = T::User;

    async fn find(&self, username: &str) -> Result<Option<T::User>, StoreError> {
        T::find(self, username).await
    }

    fn find_shared(&self, username: &str) -> Lookup<'_, T::User> {
        T::find_shared(self, username)
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        T::replace_password_hash(self, username, old, new).await
    }

    async fn add(&self, user: &T::User) -> Result<bool, StoreError> {
        T::add(self, user).await
    }

    async fn set_password_hash(&self, username: &str, hash: &PasswordHash) -> Result<bool, StoreError> {
        T::set_password_hash(self, username, hash).await
    }

    async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        T::set_disabled(self, username, disabled).await
    }

    async fn set_verified(&self, username: &str, verified: bool) -> Result<bool, StoreError> {
        T::set_verified(self, username, verified).await
    }

    async fn remove(&self, username: &str) -> Result<bool, StoreError> {
        T::remove(self, username).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<T::User>, StoreError> {
        T::list(self, after, limit).await
    }
}

/// A store could not answer.
///
/// Its text is for the log of the server; a client sees a 503 without it.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// A future behind a pointer, for the traits that are kept as objects.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`UserStore`] as an object.
pub(crate) trait AnyUserStore<U>: Send + Sync {
    fn find<'a>(&'a self, username: &'a str) -> Boxed<'a, Result<Option<U>, StoreError>>;

    fn find_shared(&self, username: &str) -> Lookup<'_, U>;

    fn replace_password_hash<'a>(
        &'a self,
        username: &'a str,
        old: &'a PasswordHash,
        new: &'a PasswordHash,
    ) -> Boxed<'a, Result<(), StoreError>>;

    fn add<'a>(&'a self, user: &'a U) -> Boxed<'a, Result<bool, StoreError>>;

    fn set_password_hash<'a>(
        &'a self,
        username: &'a str,
        hash: &'a PasswordHash,
    ) -> Boxed<'a, Result<bool, StoreError>>;

    fn set_disabled<'a>(&'a self, username: &'a str, disabled: bool) -> Boxed<'a, Result<bool, StoreError>>;

    fn set_verified<'a>(&'a self, username: &'a str, verified: bool) -> Boxed<'a, Result<bool, StoreError>>;

    fn remove<'a>(&'a self, username: &'a str) -> Boxed<'a, Result<bool, StoreError>>;
}

impl<T: UserStore> AnyUserStore<T::User> for T {
    fn find<'a>(&'a self, username: &'a str) -> Boxed<'a, Result<Option<T::User>, StoreError>> {
        Box::pin(UserStore::find(self, username))
    }

    fn find_shared(&self, username: &str) -> Lookup<'_, T::User> {
        UserStore::find_shared(self, username)
    }

    fn replace_password_hash<'a>(
        &'a self,
        username: &'a str,
        old: &'a PasswordHash,
        new: &'a PasswordHash,
    ) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(UserStore::replace_password_hash(self, username, old, new))
    }

    fn add<'a>(&'a self, user: &'a T::User) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(UserStore::add(self, user))
    }

    fn set_password_hash<'a>(
        &'a self,
        username: &'a str,
        hash: &'a PasswordHash,
    ) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(UserStore::set_password_hash(self, username, hash))
    }

    fn set_disabled<'a>(&'a self, username: &'a str, disabled: bool) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(UserStore::set_disabled(self, username, disabled))
    }

    fn set_verified<'a>(&'a self, username: &'a str, verified: bool) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(UserStore::set_verified(self, username, verified))
    }

    fn remove<'a>(&'a self, username: &'a str) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(UserStore::remove(self, username))
    }
}
