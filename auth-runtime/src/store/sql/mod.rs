//! SQLite and PostgreSQL: one set of statements for both, in the dialect that they share.

mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[macro_use]
mod store;
mod sqlx_users;
#[macro_use]
mod users;

#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresOptions, PostgresStore, PostgresUsers};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteStore, SqliteUsers, SqliteUsersOptions};
pub use self::sqlx_users::SqlxUsers;
use super::StoreError;
use crate::password::PasswordHash;

/// A table that can be named between quotes.
fn check_table(table: &str) -> Result<(), StoreError> {
    let plain = !table.is_empty()
        && !table.starts_with(|first: char| first.is_ascii_digit())
        && table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain {
        return Ok(());
    }
    Err(StoreError::new(format!(
        "{table:?} cannot be the name of a table here: use letters, digits and _, and no digit first"
    )))
}

/// A name between quotes: fields of a struct may be words of SQL.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Seconds as the databases keep them.
fn to_stored(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn from_stored(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or_default()
}

/// A column of a row type of the application's own: `Option<PasswordHash>`, say, with sqlx's `FromRow`.
impl<D: sqlx::Database> sqlx::Type<D> for PasswordHash
where
    String: sqlx::Type<D>,
{
    fn type_info() -> D::TypeInfo {
        String::type_info()
    }

    fn compatible(info: &D::TypeInfo) -> bool {
        String::compatible(info)
    }
}

impl<'r, D: sqlx::Database> sqlx::Decode<'r, D> for PasswordHash
where
    String: sqlx::Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        String::decode(value).map(Self::from_stored)
    }
}
