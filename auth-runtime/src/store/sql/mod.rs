//! Databases that speak SQL: SQLite, PostgreSQL, and whatever the application reads its own table from.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlx")]
mod sqlx_users;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod tables;

#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresOptions, PostgresStore, PostgresUsers};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{Sqlite, SqliteStore, SqliteUsers, SqliteUsersOptions};
#[cfg(feature = "sqlx")]
pub use self::sqlx_users::SqlxUsers;
