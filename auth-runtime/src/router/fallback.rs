//! What answers where no handler is mounted.

use super::Entry;
use crate::{endpoint::Route, policy::Requirement};

/// A fallback has no path of its own, and every method.
pub(super) const ROUTE: Route = Route::new("ANY", "/{*rest}");

/// A handler for everything else below a path.
pub(super) struct Fallback<S> {
    /// That path; empty for the whole application.
    pub(super) prefix: String,
    pub(super) entry: Entry<S>,
}

impl<S: Clone + Send + Sync + 'static> Fallback<S> {
    pub(super) fn under(mut self, prefix: &str) -> Self {
        self.prefix.insert_str(0, prefix);
        self.entry.listed.path.insert_str(0, prefix);
        self
    }

    pub(super) fn with_state<S2>(self, state: &S, problems: &mut Vec<String>) -> Fallback<S2> {
        Fallback { prefix: self.prefix, entry: self.entry.with_state(state, problems) }
    }

    /// Whether it answers for this path, where it is not mounted for a method.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(&self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The policies that it is held to by its groups.
    pub(super) fn group(&self) -> &[Requirement] {
        &self.entry.listed.group
    }
}
