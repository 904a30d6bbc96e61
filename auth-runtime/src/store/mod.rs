//! User stores: where users are looked up. A store knows nothing of HTTP.

mod memory;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};

#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteUsers, SqliteUsersOptions};
pub use self::{
    memory::MemoryUsers,
    record::{Column, ColumnError, ColumnKind, ColumnSpec, Record, Value},
};
use crate::{password::PasswordHash, user::AuthUser};

/// Where users are looked up by name.
///
/// [`MemoryUsers`] and [`SqliteUsers`] are here; implement it for a table of your own:
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
}

/// A store that is also used elsewhere: `Auth::builder(Arc::clone(&users))`.
impl<T: UserStore> UserStore for Arc<T> {
    type User = T::User;

    async fn find(&self, username: &str) -> Result<Option<T::User>, StoreError> {
        T::find(self, username).await
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        T::replace_password_hash(self, username, old, new).await
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

    fn replace_password_hash<'a>(
        &'a self,
        username: &'a str,
        old: &'a PasswordHash,
        new: &'a PasswordHash,
    ) -> Boxed<'a, Result<(), StoreError>>;
}

impl<T: UserStore> AnyUserStore<T::User> for T {
    fn find<'a>(&'a self, username: &'a str) -> Boxed<'a, Result<Option<T::User>, StoreError>> {
        Box::pin(UserStore::find(self, username))
    }

    fn replace_password_hash<'a>(
        &'a self,
        username: &'a str,
        old: &'a PasswordHash,
        new: &'a PasswordHash,
    ) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(UserStore::replace_password_hash(self, username, old, new))
    }
}
