//! Roles: what a user is.

use std::{any::Any, collections::BTreeSet, collections::HashSet, fmt::Debug};

/// What a user is: an enum whose variants each have a name, and may include others.
///
/// Derive it, and mark a field of the user with `#[auth(roles)]`.
///
/// ```
/// use auth_runtime::{AuthUser, Role};
///
/// #[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
/// enum ShopRole {
///     /// Runs the shop.
///     #[role("admin", includes(Editor))]
///     Admin,
///     /// Writes descriptions.
///     #[role("editor")]
///     Editor,
/// }
///
/// #[derive(AuthUser, Clone)]
/// #[auth(no_password, always_active)]
/// struct User {
///     #[auth(username)]
///     username: String,
///     #[auth(roles)]
///     role: ShopRole,
/// }
///
/// let user = User { username: "johndoe".into(), role: ShopRole::Admin };
/// assert!(user.is(ShopRole::Admin) && user.is(ShopRole::Editor));
/// assert_eq!(ShopRole::from_name("editor"), Some(ShopRole::Editor));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role",
    label = "this is not a variant of an enum that derives `Role`",
    note = "declare the roles once: `#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)] enum Role {{ #[role(\"admin\")] Admin }}`"
)]
pub trait Role: Debug + Send + Sync + 'static {
    /// Its name, as a store and an access table have it.
    fn as_str(&self) -> &'static str;

    /// What it is for: the variant's doc comment.
    fn description(&self) -> &'static str;

    /// Every role of the enum, in the order of declaration.
    fn all() -> &'static [Self]
    where
        Self: Sized;

    /// Every role that whoever has this one has too, through others as well; without itself.
    fn includes(&self) -> &'static [Self]
    where
        Self: Sized;

    /// The role as a value of its own type.
    fn as_any(&self) -> &dyn Any;

    /// The role of this name, if there is one.
    #[must_use]
    fn from_name(name: &str) -> Option<Self>
    where
        Self: Sized + Copy,
    {
        Self::all().iter().find(|role| role.as_str() == name).copied()
    }
}

/// Whether whoever has `held` has `needed`.
fn grants<R: Role>(held: &R, needed: &R) -> bool {
    let is = |role: &R| role.as_str() == needed.as_str();
    is(held) || held.includes().iter().any(is)
}

/// The type of the field marked `#[auth(roles)]`: a role, an `Option`, a `Vec` or a set of roles.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the roles of a user",
    label = "the field marked `#[auth(roles)]` is a role, or an `Option`, a `Vec` or a set of roles",
    note = "declare the roles once: `#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)] enum Role {{ #[role(\"admin\")] Admin }}`"
)]
pub trait RolesField {
    /// The enum.
    type Role: Role;

    /// Each role that it holds.
    fn each(&self) -> impl Iterator<Item = &Self::Role>;

    /// Whether one of them is, or includes, this one.
    fn has(&self, role: &dyn Role) -> bool {
        // A role of another enum is nobody's.
        role.as_any().downcast_ref::<Self::Role>().is_some_and(|needed| self.each().any(|held| grants(held, needed)))
    }
}

impl<R: Role> RolesField for R {
    type Role = R;

    fn each(&self) -> impl Iterator<Item = &R> {
        std::iter::once(self)
    }
}

macro_rules! roles_field {
    ($($collection:ident),*) => {$(
        impl<R: Role> RolesField for $collection<R> {
            type Role = R;

            fn each(&self) -> impl Iterator<Item = &R> {
                self.iter()
            }
        }
    )*};
}

roles_field!(Option, Vec, BTreeSet);

impl<R: Role, H> RolesField for HashSet<R, H> {
    type Role = R;

    fn each(&self) -> impl Iterator<Item = &R> {
        self.iter()
    }
}

/// A user type with roles of type `R`.
#[diagnostic::on_unimplemented(
    message = "users of type `{Self}` have no roles of type `{R}`",
    label = "these users have no such roles",
    note = "mark the field that holds them: `#[auth(roles)] roles: Vec<{R}>`"
)]
pub trait HasRole<R> {}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::{Role, RolesField};

    #[derive(crate::Role, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    enum Shop {
        #[role("admin", includes(Editor))]
        Admin,
        #[role("editor")]
        Editor,
        #[role("guest")]
        Guest,
    }

    #[derive(crate::Role, Clone, Copy, PartialEq, Eq, Debug)]
    enum Other {
        #[role("editor")]
        Editor,
    }

    fn held(field: &impl RolesField<Role = Shop>) -> Vec<&'static str> {
        Shop::all().iter().filter(|role| field.has(*role)).map(Role::as_str).collect()
    }

    #[test]
    fn a_role_is_held_with_those_that_it_includes_in_whatever_holds_it() {
        assert_eq!(held(&Shop::Admin), ["admin", "editor"]);
        assert_eq!(held(&Shop::Editor), ["editor"]);
        assert_eq!((held(&Some(Shop::Guest)), held(&None::<Shop>)), (vec!["guest"], vec![]));
        assert_eq!(held(&vec![Shop::Guest, Shop::Editor]), ["editor", "guest"]);
        assert_eq!(held(&BTreeSet::from([Shop::Admin])), ["admin", "editor"]);
        assert_eq!(held(&HashSet::from([Shop::Admin, Shop::Guest])), ["admin", "editor", "guest"]);
        assert_eq!((held(&Vec::<Shop>::new()), held(&HashSet::<Shop>::new())), (vec![], vec![]));
    }

    #[test]
    fn a_role_of_another_enum_is_nobodys() {
        assert!(Shop::Editor.has(&Shop::Editor) && !Shop::Editor.has(&Other::Editor));
    }

    #[test]
    fn a_role_is_found_by_its_name() {
        assert_eq!(Shop::from_name("guest"), Some(Shop::Guest));
        assert_eq!((Shop::from_name("Guest"), Shop::from_name("")), (None, None));
    }
}
