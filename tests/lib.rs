//! What the tests share: users, scopes, and a server on a real socket.

use auth_runtime::prelude::*;

pub mod log;
pub mod server;
pub mod services;

/// The user type of the tests.
#[derive(AuthUser, Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// The name.
    #[auth(username)]
    pub username: String,
    /// Whether the account is switched off.
    #[auth(disabled)]
    pub disabled: bool,
    /// The hash.
    #[auth(password_hash)]
    #[serde(skip)]
    pub hashed_password: PasswordHash,
}

/// The scopes of the tests.
#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Read information about the current user.
    #[scope("me")]
    Me,
    /// Read items.
    #[scope("items")]
    Items,
}
