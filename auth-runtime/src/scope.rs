//! Scopes: what a token may be used for.

use std::fmt::Debug;

/// What a token may be used for (RFC 6749 section 3.3): an enum whose variants each have one scope string.
///
/// Derive it; the login that grants scopes, the guard that asks for them and the document that lists them then share one
/// type, and a misspelt scope does not compile.
///
/// ```
/// use auth_runtime::Scope;
///
/// #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
/// enum ShopScope {
///     /// Read items.
///     #[scope("items")]
///     Items,
/// }
///
/// assert_eq!(ShopScope::Items.as_str(), "items");
/// assert_eq!(ShopScope::Items.description(), "Read items.");
/// assert_eq!(ShopScope::from_scope_token("items"), Some(ShopScope::Items));
/// assert_eq!(ShopScope::from_scope_token("itmes"), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "this is not a variant of an enum that derives `Scope`",
    note = "declare the scopes once: `#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)] enum Scope {{ #[scope(\"items\")] Items }}`"
)]
pub trait Scope: Debug + Send + Sync + 'static {
    /// The scope string, as a token and a document carry it.
    fn as_str(&self) -> &'static str;

    /// What the Authorize dialog says beside it: the variant's doc comment.
    fn description(&self) -> &'static str;

    /// The strings of other scopes of the enum that are as good as this one: those that say `implies(..)`, and wildcards.
    fn implied_by(&self) -> &'static [&'static str] {
        &[]
    }

    /// Every scope of the enum, in the order of declaration.
    fn all() -> &'static [Self]
    where
        Self: Sized;

    /// The scope of this string, if there is one. Scope strings are case-sensitive.
    #[must_use]
    fn from_scope_token(token: &str) -> Option<Self>
    where
        Self: Sized + Copy,
    {
        Self::all().iter().find(|scope| scope.as_str() == token).copied()
    }
}

/// A scope as a login form asks for it: a variant of a [`Scope`] enum or, where scopes are free text, a `String`.
pub trait RequestedScope: Sized + Send + 'static {
    /// The scope of this string; `None` if no such scope exists.
    fn parse(token: &str) -> Option<Self>;

    /// Every scope that can be asked for, with its description; empty where scopes are free text.
    fn known() -> Vec<(&'static str, &'static str)>;

    /// The scope string.
    fn token(&self) -> &str;
}

impl<S: Scope + Copy> RequestedScope for S {
    fn parse(token: &str) -> Option<Self> {
        S::from_scope_token(token)
    }

    fn known() -> Vec<(&'static str, &'static str)> {
        S::all().iter().map(|scope| (scope.as_str(), scope.description())).collect()
    }

    fn token(&self) -> &str {
        self.as_str()
    }
}

impl RequestedScope for String {
    fn parse(token: &str) -> Option<Self> {
        Some(token.to_owned())
    }

    fn known() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    fn token(&self) -> &str {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestedScope, Scope};

    #[derive(crate::Scope, Clone, Copy, PartialEq, Eq, Debug)]
    enum Shop {
        /// Read items.
        #[scope("items")]
        Items,
        /// Everything.
        #[scope("all", implies(Items))]
        All,
    }

    /// Written by hand: whoever implements the trait says what it must, and no more.
    #[derive(Debug)]
    struct Plain;

    impl Scope for Plain {
        fn as_str(&self) -> &'static str {
            "plain"
        }

        fn description(&self) -> &'static str {
            ""
        }

        fn all() -> &'static [Self] {
            &[Self]
        }
    }

    #[test]
    fn a_scope_is_implied_by_those_that_say_so() {
        assert_eq!(Shop::Items.implied_by(), ["all"]);
        assert_eq!((Shop::All.implied_by().len(), Plain.implied_by().len()), (0, 0));
    }

    #[test]
    fn a_scope_is_found_by_its_text() {
        for scope in [Shop::Items, Shop::All] {
            assert_eq!(Shop::from_scope_token(scope.as_str()), Some(scope));
            assert_eq!(<Shop as RequestedScope>::parse(RequestedScope::token(&scope)), Some(scope));
        }
        for text in ["", "ITEMS", "item", "items "] {
            assert_eq!((Shop::from_scope_token(text), <Shop as RequestedScope>::parse(text)), (None, None), "{text:?}");
        }
        assert_eq!(Shop::known(), [("items", "Read items."), ("all", "Everything.")]);
    }

    #[test]
    fn scopes_that_are_free_text_are_taken_as_they_are() {
        let scope = <String as RequestedScope>::parse("anything").unwrap();
        assert_eq!(RequestedScope::token(&scope), "anything");
        assert!(String::known().is_empty());
    }
}
