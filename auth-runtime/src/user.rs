//! Users: what the library needs to know of the team's own user type.

use crate::{
    password::PasswordHash,
    role::{HasRole, Role},
};

/// The longest name that is kept: an address of mail has no more (RFC 5321 section 4.5.3.1.3).
pub(crate) const MAX_NAME_BYTES: usize = 254;

pub(crate) fn is_too_long_a_name(name: &str) -> bool {
    name.len() > MAX_NAME_BYTES
}

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
/// A field marked `#[auth(verified)]`, a `bool`, is whether the user's email address was shown to be the user's own. In a
/// database, each field is a column of its name, or of another: `#[auth(username, column = "email")]`.
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
    /// The name that the user logs in with; unique in a store, and the `sub` of tokens. Nobody logs in with one of more than 254
    /// bytes.
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

    /// Switches the account off or on; false for a user type whose users are always active.
    fn set_disabled(&mut self, disabled: bool) -> bool {
        let _ = disabled;
        false
    }

    /// The user's email address (the claim `email` of OpenID Connect), where the user type knows it: what is shown to be the
    /// user's own has to be this one. By default it is the username, where that looks like one; so it is for whoever derives this.
    ///
    /// Where it is `None`, any address is verified that the user can read mail at: the application compares what
    /// [`Auth::verify_email`](crate::Auth::verify_email) gives.
    fn email(&self) -> Option<&str> {
        let (name, host) = self.username().split_once('@')?;
        (!name.is_empty() && !host.is_empty()).then(|| self.username())
    }

    /// Whether the user's email address was shown to be the user's own (`email_verified` of OpenID Connect): the field marked
    /// `#[auth(verified)]`, and false without one.
    fn is_verified(&self) -> bool {
        false
    }

    /// Says whether the user's email address was shown to be the user's own; false for a user type that does not keep it.
    fn set_verified(&mut self, verified: bool) -> bool {
        let _ = verified;
        false
    }
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

    /// Says so.
    fn set(&mut self, disabled: bool);
}

impl DisabledField for bool {
    fn get(&self) -> bool {
        *self
    }

    fn set(&mut self, disabled: bool) {
        *self = disabled;
    }
}

impl DisabledField for Option<bool> {
    fn get(&self) -> bool {
        self.unwrap_or(false)
    }

    fn set(&mut self, disabled: bool) {
        *self = Some(disabled);
    }
}

/// The type of the field marked `#[auth(verified)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say whether a user's email address is verified",
    label = "the field marked `#[auth(verified)]` is a `bool`"
)]
pub trait VerifiedField {
    /// Whether it says yes.
    fn get(&self) -> bool;

    /// Says so.
    fn set(&mut self, verified: bool);
}

impl VerifiedField for bool {
    fn get(&self) -> bool {
        *self
    }

    fn set(&mut self, verified: bool) {
        *self = verified;
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
