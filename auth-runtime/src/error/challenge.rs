//! The `WWW-Authenticate` challenge (RFC 9110 section 11.6.1, RFC 6750 section 3).

use std::fmt::Write;

use axum::http::HeaderValue;

/// A challenge under construction.
pub(super) struct Challenge {
    text: String,
    has_parameters: bool,
}

impl Challenge {
    pub(super) fn new(scheme: &str) -> Self {
        Self { text: scheme.to_owned(), has_parameters: false }
    }

    /// Adds `name="value"`. The values are realms, scopes and texts of ours, all quotable.
    pub(super) fn parameter(mut self, name: &str, value: &str) -> Self {
        let separator = if self.has_parameters { ", " } else { " " };
        self.has_parameters = true;
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{separator}{name}=\"{value}\"");
        self
    }

    pub(super) fn into_header(self) -> HeaderValue {
        // The parts are checked where they are declared; whatever else comes leaves a challenge without parameters.
        HeaderValue::try_from(self.text).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

/// Whether a text can stand between quotes as it is: printable ASCII without quote and backslash.
pub(crate) fn is_quotable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\')
}
