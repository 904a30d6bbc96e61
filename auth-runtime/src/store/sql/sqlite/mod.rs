//! SQLite.

mod changes;
mod connections;
mod errors;
mod prepared;
mod queue;
mod remembered;
mod store;
mod users;
mod values;

use std::time::Duration;

pub use self::{
    store::SqliteStore,
    users::{SqliteUsers, SqliteUsersOptions},
};

const DEFAULT_TABLE: &str = "users";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The kind of store that keeps its columns in SQLite: the `B` of [`Column`](crate::Column) and [`Record`](crate::Record).
///
/// ```
/// use auth_runtime::{Column, ColumnError, ColumnKind, Sqlite, Value};
///
/// /// Kept as text in SQLite, and elsewhere in another way.
/// struct Colour(String);
///
/// impl Column<Sqlite> for Colour {
///     const KIND: ColumnKind = ColumnKind::Text;
///
///     fn to_value(&self) -> Value {
///         Value::Text(self.0.clone())
///     }
///
///     fn from_value(value: Value) -> Result<Self, ColumnError> {
///         match value {
///             Value::Text(text) => Ok(Self(text)),
///             _ => Err(ColumnError { expected: "a colour" }),
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub enum Sqlite {}
