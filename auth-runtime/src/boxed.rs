//! The error of a `main`.

use std::{error::Error, fmt};

/// Any error, for `main`: what `?` makes of every error here, and what the program then prints is the text of the error and
/// of what caused it, not its debug form.
///
/// ```
/// use auth_runtime::{BoxError, SigningKey};
///
/// fn main() -> Result<(), BoxError> {
///     let problem: BoxError = SigningKey::from_env("UNSET_VARIABLE").unwrap_err().into();
///     assert!(format!("{problem:?}").starts_with("UNSET_VARIABLE is not set."));
///     Ok(())
/// }
/// ```
// It is no `Error` itself, since the conversion from every `Error` would then include its own.
pub struct BoxError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for BoxError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
