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
