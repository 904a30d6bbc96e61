//! Users: what the library needs to know of the team's own user type.

use crate::{
    password::PasswordHash,
    role::{HasRole, Role},
};

/// The team's user type. Derive it, with one field marked for each thing the library asks for.
///
/// ```
/// use auth_runtime::{AuthUser, PasswordHash};
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
/// ```
///
/// A user type without one of these says so on the struct: `#[auth(always_active)]`, `#[auth(no_password)]`.
///
/// Deriving it also makes `User` and `Option<User>` parameters of a handler: the user who makes the request. As a
/// parameter of a handler without a policy, `User` admits active users only; `Option<User>` is `None` without a
/// credential, and a refusal with a wrong one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user type",
    label = "not a user",
    note = "derive it: `#[derive(AuthUser, Clone)] struct User {{ #[auth(username)] username: String, .. }}`"
)]
pub trait AuthUser: Clone + Send + Sync + 'static {
    /// The name that the user logs in with; unique in a store, and the `sub` of tokens.
    fn username(&self) -> &str;

    /// Whether the account is switched off.
    fn is_disabled(&self) -> bool;

    /// The stored hash of the password; `None` if the user cannot log in with one.
    fn password_hash(&self) -> Option<&PasswordHash>;

    /// Whether the user has this role, or one that includes it; a user type without roles has none.
    fn has_role(&self, role: &dyn Role) -> bool {
        let _ = role;
        false
    }

    /// Whether the user has this role, or one that includes it: `user.is(Role::Admin)`.
    fn is<R: Role>(&self, role: R) -> bool
    where
        Self: HasRole<R>,
    {
        self.has_role(&role)
    }

    /// Replaces the stored hash; does nothing for a user type without passwords.
    fn set_password_hash(&mut self, hash: PasswordHash);
}

/// The type of the field marked `#[auth(username)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the username",
    label = "the field marked `#[auth(username)]` is a `String`",
    note = "store an id beside it: the username is what the login form and the token carry"
)]
pub trait UsernameField {
    /// The name.
    fn get(&self) -> &str;
}

impl UsernameField for String {
    fn get(&self) -> &str {
        self
    }
}

/// The type of the field marked `#[auth(disabled)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say whether a user is disabled",
    label = "the field marked `#[auth(disabled)]` is a `bool` or an `Option<bool>`"
)]
pub trait DisabledField {
    /// Whether it says yes.
    fn get(&self) -> bool;
}

impl DisabledField for bool {
    fn get(&self) -> bool {
        *self
    }
}

impl DisabledField for Option<bool> {
    fn get(&self) -> bool {
        self.unwrap_or(false)
    }
}

/// The type of the field marked `#[auth(password_hash)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a password hash",
    label = "the field marked `#[auth(password_hash)]` is a `PasswordHash` or an `Option<PasswordHash>`",
    note = "a `String` would be printed and serialized with the user; `PasswordHash` is neither"
)]
pub trait PasswordHashField {
    /// The hash, if there is one.
    fn get(&self) -> Option<&PasswordHash>;

    /// Replaces it.
    fn set(&mut self, hash: PasswordHash);
}

impl PasswordHashField for PasswordHash {
    fn get(&self) -> Option<&PasswordHash> {
        Some(self)
    }

    fn set(&mut self, hash: PasswordHash) {
        *self = hash;
    }
}

impl PasswordHashField for Option<PasswordHash> {
    fn get(&self) -> Option<&PasswordHash> {
        self.as_ref()
    }

    fn set(&mut self, hash: PasswordHash) {
        *self = Some(hash);
    }
}
