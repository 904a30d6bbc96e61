//! The only surface that expansions may touch. Not for use by hand, and free to change.

pub use axum;

pub use crate::{
    auth::UsersOf,
    endpoint::{Endpoint, Route, Routed, Source, Takes, knows_user, public_takes},
    error::Rejection,
    extract::{extract, extract_optional},
    guard::{Closed, Guard, Open, Protected, TokenEndpoint},
    login::Login,
    openapi::{Argument, Describe, Output},
    password::PasswordHash,
    policy::{Policy, Requirement},
    scope::Scope,
    store::{Column, ColumnError, ColumnSpec, Record, Value},
    user::{AuthUser, DisabledField, PasswordHashField, UsernameField},
};

/// The traits through which a signature is asked about, without their names: imported into an expansion, they shadow nothing.
pub mod probe {
    pub use crate::openapi::{AnyArgument as _, AnyOutput as _, KnownArgument as _, KnownOutput as _, NoUser as _};
}

/// The specification of a column of type `T` in a store of kind `B`.
#[must_use]
pub const fn column<B, T: Column<B>>(name: &'static str, key: bool, password_hash: bool) -> ColumnSpec {
    ColumnSpec { name, kind: T::KIND, nullable: T::NULLABLE, key, password_hash }
}

/// The field of the next value.
///
/// # Errors
/// The column's name, and what it needs.
pub fn field<B, T: Column<B>>(
    name: &'static str,
    values: &mut dyn Iterator<Item = Value>,
) -> Result<T, (&'static str, ColumnError)> {
    T::from_value(values.next().unwrap_or(Value::Null)).map_err(|error| (name, error))
}
