//! What answers where no handler is mounted.

use super::Entry;
use crate::endpoint::Route;

/// A fallback has no path of its own, and every method.
pub(super) const ROUTE: Route = Route::new("ANY", "/{*rest}", |_| {});

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
}

/// Whether a path is below another, which may have parameters.
pub(super) fn covers(prefix: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    prefix.split('/').all(|wanted| {
        segments.next().is_some_and(|segment| wanted == segment || (wanted.starts_with('{') && !segment.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_fallback_covers_what_is_below_its_path() {
        for path in ["/a", "/a/", "/a/b/c"] {
            assert!(covers("/a", path) && covers("", path), "{path}");
        }
        for path in ["/", "/b", "/ab", "/b/a"] {
            assert!(!covers("/a", path), "{path}");
        }
        assert!(covers("/t/{tenant}", "/t/1/x") && !covers("/t/{tenant}", "/t/") && !covers("/t/{tenant}", "/t"));
    }
}
