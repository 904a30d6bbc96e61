//! Passwords: their stored hashes, the function that makes and verifies them, and the pool on which it runs.

mod argon2id;
mod common;
#[cfg(feature = "imported-passwords")]
mod imported;
mod pool;
mod rules;

use std::{error::Error, fmt};

use serde::{Serialize, Serializer};

use crate::secret::Secret;

pub use self::argon2id::{Argon2id, ParameterError};
pub use self::{
    pool::PoolSize,
    rules::{PasswordFault, PasswordRules},
};
pub(crate) use self::{
    pool::{HashingPool, HashingTurn, Place, PoolError},
    rules::{is_too_long, normalized},
};

/// A stored password hash.
///
/// Wiped from memory when dropped, prints as `[redacted]`, and cannot be serialized: leaking it in a response does not
/// compile.
///
/// ```compile_fail
/// #[derive(serde::Serialize)]
/// struct Response {
///     hash: auth_runtime::PasswordHash,
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Secret);

impl PasswordHash {
    /// A hash as it is stored: a PHC string, or whatever the application's [`PasswordHasher`] understands. It is not
    /// checked here; a hash that the hasher cannot read admits nobody.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// The text to store. Only a store needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Never implemented; carries the diagnostic.
#[diagnostic::on_unimplemented(
    message = "a password hash must not leave the server",
    label = "this would serialize a password hash",
    note = "put `#[serde(skip)]` above the field, or answer with a type that does not have it"
)]
pub trait MayBeSerialized {}

/// Never holds, and is there for its message: without it, the compiler would advise to derive `Serialize`.
// The lifetime keeps the compiler from refusing the impl itself for a bound that never holds.
impl Serialize for PasswordHash
where
    for<'never> &'never PasswordHash: MayBeSerialized,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Match,
    /// The password is right, and its hash should be replaced by a stronger one.
    MatchOutdated,
    /// The password is wrong.
    Mismatch,
}

/// A hash could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashError(String);

impl HashError {
    /// An error that says `message`, which must not hold the password or the hash.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for HashError {}

/// How passwords are hashed and verified: [`Argon2id`], unless the application brings its own.
///
/// Both functions may take long and block; they run on a bounded pool, never on an async worker.
///
/// ```
/// use auth_runtime::{Argon2id, HashError, PasswordHash, PasswordHasher, Verdict};
///
/// /// Argon2id over the password and a pepper that the database does not hold.
/// struct Peppered {
///     pepper: String,
///     argon2: Argon2id,
/// }
///
/// impl PasswordHasher for Peppered {
///     fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
///         self.argon2.hash(&format!("{password}{}", self.pepper))
///     }
///
///     fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
///         self.argon2.verify(&format!("{password}{}", self.pepper), hash)
///     }
/// }
/// ```
pub trait PasswordHasher: Send + Sync + 'static {
    /// A new hash of the password, with a new salt.
    ///
    /// # Errors
    /// [`HashError`] if none can be made, for want of memory or randomness.
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError>;

    /// Whether the password is the one of which this hash was made.
    ///
    /// # Errors
    /// [`HashError`] if the hash cannot be read. The login is then refused as a wrong password is.
    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_prints_nothing_of_itself_and_is_stored_as_it_is() {
        let hash = PasswordHash::from_stored("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q");
        assert_eq!(format!("{hash:?}"), "[redacted]");
        assert_eq!(hash.expose(), "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q");
    }

    #[test]
    fn an_error_says_what_it_was_given() {
        assert_eq!(HashError::new("not enough memory").to_string(), "not enough memory");
    }
}
