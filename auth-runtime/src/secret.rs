//! One type for everything that must not be seen.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password, a client secret or a token: text that is wiped from memory when dropped, prints as `[redacted]`, compares
/// in constant time and cannot be serialized. Clones share it, so that it is in memory once.
///
/// ```
/// use auth_runtime::Secret;
///
/// let password = Secret::new("swordfish");
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password, Secret::new("swordfish"));
/// assert_eq!(password.expose(), "swordfish");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The text itself. The name is long enough to be noticed in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_its_text() {
        let secret = Secret::new("swordfish");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "[redacted] Some(\n    [redacted],\n)");
    }

    #[test]
    fn compares_by_content_and_length() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }

    #[test]
    fn holds_whatever_it_was_made_of() {
        assert_eq!(Secret::from("swordfish").expose(), "swordfish");
        assert_eq!(Secret::from("swordfish".to_owned()).expose(), "swordfish");
        assert_eq!(serde_json::from_str::<Secret>("\"swordfish\"").unwrap().expose(), "swordfish");
        assert!(serde_json::from_str::<Secret>("1").is_err());
        assert_eq!(Secret::default().expose(), "");
    }

    /// Growing would leave a part of it behind in memory.
    #[test]
    fn the_normal_form_of_a_password_is_written_once() {
        // Three times as long in NFC as it is.
        let text = "\u{1d160}".repeat(100);
        let normal = crate::password::normalized(&Secret::new(text.as_str()));
        assert_eq!(normal.expose().len(), 3 * text.len());
        assert_eq!(normal.0.capacity(), 3 * text.len());
    }
}
