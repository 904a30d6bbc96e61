//! The only surface that expansions may touch. Not for use by hand, and free to change.

pub use axum;

pub use crate::{
    auth::{AuthState, UsersOf},
    endpoint::{
        Declared, Endpoint, GuardArgument, Lint, Options, Route, Routed, Source, Takes, fits, fits_endpoint,
        knows_caller,
    },
    error::{Refusal, Rejection},
    extract::{extract, extract_optional, extract_optional_scheme, extract_scheme},
    guard::{Closed, Guard, Open, Protected, RuleGuard, TokenEndpoint},
    login::Login,
    openapi::{Argument, Describe, Output},
    password::PasswordHash,
    policy::{
        About, AppliesTo, Authority, Caller, Granted, Named, NamedPolicy, Policy, Predicate, Requirement, Subject,
        SubjectFor, TypeName, Word,
    },
    role::{HasRole, Role, RolesField},
    rules::{Answer, AnyOutcome, Outcome, body},
    scheme::{
        Authenticates, Authenticator, BasicCredentials, Flow, FlowKind, HttpCredentials, KeyIn, Place,
        Scheme as SchemeInfo, SecurityScheme, Somebody, Yielded, is_somebody, known_scopes, reads, scheme_of,
    },
    scope::Scope,
    secret::Secret,
    store::{Boxed, Column, ColumnError, ColumnRole, ColumnSpec, Record, Value},
    user::{AuthUser, DisabledField, PasswordHashField, UsernameField, VerifiedField},
};

/// What an expansion imports: the traits through which a signature is asked about, without their names, so that they shadow
/// nothing, and the way to everything else. One import costs the compiler less than two.
pub mod probe {
    pub use crate::{
        __private,
        openapi::{AnyArgument as _, AnyOutput as _, KnownArgument as _, KnownOutput as _, NoUser as _},
    };
}

/// The specification of a column of type `T` in a store of kind `B`.
#[must_use]
pub const fn column<B, T: Column<B>>(name: &'static str, role: ColumnRole) -> ColumnSpec {
    ColumnSpec { name, kind: T::KIND, nullable: T::NULLABLE, role }
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
