//! Policies: who may call, as plain data, decided by one function.

mod alternatives;
mod decide;
mod predicate;
#[cfg(test)]
mod property;
mod words;

use std::{any::TypeId, fmt};

use axum::http::StatusCode;

pub use self::predicate::{About, Caller, Predicate, Subject, SubjectFor};
pub(crate) use self::{
    alternatives::{Alternative, TOO_MANY},
    decide::{Decision, Facts, KnownUser, Presented},
};
use crate::{error::Refuse, role::Role, scheme::Scheme, scope::Scope};

/// One thing that a caller must have, or several of them in a boolean expression.
///
/// The attributes write these. A rule about a token or about a user is undecided where there is none, and what is
/// undecided refuses: `!Scope::Trial` asks for a token, and for one without that scope. `!token` and `!user` are decided, and
/// mean strangers.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Requirement {
    /// A genuine access token; no user is looked up.
    Token,
    /// A user who exists.
    User,
    /// A user who exists and is not disabled.
    ActiveUser,
    /// A token with every one of these scopes.
    Scopes(&'static [&'static dyn Scope]),
    /// An active user who has this role, or one that includes it.
    Role(&'static dyn Role),
    /// A variant of an enum that derives [`Scope`] or [`Role`].
    Granted(&'static dyn Authority),
    /// A credential of this scheme, good for these scopes.
    Scheme(&'static Scheme, &'static [&'static dyn Scope]),
    /// The team's own question.
    Predicate(About, &'static dyn Predicate),
    /// A policy that has a name.
    Named(&'static Named),
    /// Every one of these.
    All(&'static [Self]),
    /// One of these at least.
    Any(&'static [Self]),
    /// The contrary.
    Not(&'static Self),
}

/// A variant of an enum that derives [`Scope`] or [`Role`]: what a caller can have been granted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a scope nor a role",
    label = "this is no variant of an enum that derives `Scope` or `Role`",
    note = "a word of #[requires(..)] is `token`, `user`, `active_user`, a variant (`Scope::Items`, `Role::Admin`), a security scheme, a #[policy] or a #[predicate]"
)]
pub trait Authority: fmt::Debug + Send + Sync + 'static {
    /// Which of the two it is.
    fn granted(&self) -> Granted<'_>;
}

/// What an [`Authority`] is.
#[derive(Debug, Clone, Copy)]
pub enum Granted<'a> {
    /// A scope of the token.
    Scope(&'a dyn Scope),
    /// A role of the user.
    Role(&'a dyn Role),
}

/// A policy that was declared under a name, by `#[policy(..)]`.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub(crate) name: TypeName,
    pub(crate) id: fn() -> TypeId,
    pub(crate) requirement: Requirement,
    pub(crate) refuse: Option<Refuse>,
    pub(crate) refuse_status: &'static [StatusCode],
}

impl Named {
    /// The policy that the type `P` names.
    #[must_use]
    pub const fn new<P: 'static>(name: TypeName, requirement: Requirement) -> Self {
        Self { name, id: TypeId::of::<P>, requirement, refuse: None, refuse_status: &[] }
    }

    /// How whoever lacks it is answered.
    #[must_use]
    pub const fn refuse_with(self, statuses: &'static [StatusCode], refuse: Refuse) -> Self {
        Self { refuse: Some(refuse), refuse_status: statuses, ..self }
    }
}

/// A type that is a word of `#[requires(..)]`: a security scheme, a `#[policy]` or a `#[predicate]` without parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a word of a policy",
    label = "neither a security scheme nor a policy nor a predicate without parameters",
    note = "words are `token`, `user`, `active_user`, variants (`Scope::Items`, `Role::Admin`), types that derive `SecurityScheme`, a #[policy] and a #[predicate]; one with parameters is called: `older_than(18)`"
)]
pub trait Word {
    /// What it asks for.
    const REQUIREMENT: Requirement;
}

/// A [`Word`] that a `#[policy(..)]` declared.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a named policy",
    label = "no #[policy(..)] stands above this type",
    note = "declare it: `#[policy(active_user && Role::Editor)] struct ItemEditor;`"
)]
pub trait NamedPolicy: Word + 'static {
    /// The policy, under its name.
    const NAMED: Named;
}

/// Whether a word has a meaning for users of type `U`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about users of type `{U}`",
    label = "this policy is about other users",
    note = "a predicate is about the user type of its parameter, and a role about a user type with a field marked `#[auth(roles)]` of that role"
)]
pub trait AppliesTo<U> {}

macro_rules! applies_to {
    ($($word:ident),*) => {
        impl<U, $($word: AppliesTo<U>),*> AppliesTo<U> for ($($word,)*) {}
    };
}

applies_to!();
applies_to!(A);
applies_to!(A, B);
applies_to!(A, B, C);
applies_to!(A, B, C, D);
applies_to!(A, B, C, D, E);
applies_to!(A, B, C, D, E, F);
applies_to!(A, B, C, D, E, F, G);
applies_to!(A, B, C, D, E, F, G, H);

/// Who may call a handler.
///
/// ```
/// use auth_runtime::policy::{Policy, Requirement};
///
/// const POLICY: Policy = Policy::all(&[Requirement::ActiveUser]);
/// assert_eq!(POLICY.to_string(), "active user");
/// assert_eq!(Policy::PUBLIC.to_string(), "public");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Empty for a public one.
    requirements: &'static [Requirement],
    /// Whether there is a security scheme or a named policy anywhere in it. Mostly there is not, and nothing has to be searched.
    has_scheme_or_name: bool,
    /// Whether a caller without a token is refused for that, whatever else there is: something about a token stands at the top.
    refuses_strangers: bool,
    /// Whether a user stands at the top, so that nothing has to be searched for one.
    asks_for_user: bool,
}

impl Policy {
    /// Anyone may call.
    pub const PUBLIC: Self =
        Self { requirements: &[], has_scheme_or_name: false, refuses_strangers: false, asks_for_user: false };

    /// Whoever has all of these may call; an empty list still asks for a genuine token.
    #[must_use]
    pub const fn all(requirements: &'static [Requirement]) -> Self {
        let requirements = if requirements.is_empty() { &[Requirement::Token] } else { requirements };
        Self {
            requirements,
            has_scheme_or_name: has_scheme_or_name(requirements),
            refuses_strangers: refuses_strangers(requirements),
            asks_for_user: asks_for_user(requirements),
        }
    }

    /// Whether it is `#[public]`.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.requirements.is_empty()
    }

    /// What is required, each; empty for a public policy.
    #[must_use]
    pub const fn requirements(&self) -> &'static [Requirement] {
        self.requirements
    }

    /// Whether whoever may call has a token, and so a user.
    pub(crate) const fn implies_token(&self) -> bool {
        implies(self.requirements(), true, &Implied::Token)
    }

    /// Whether whoever may call has a credential of this scheme.
    pub(crate) const fn implies_scheme(&self, scheme: TypeName) -> bool {
        implies(self.requirements(), true, &Implied::Scheme(scheme))
    }

    /// Whether whoever may call has what this named policy asks for.
    pub(crate) const fn implies_named(&self, policy: TypeName) -> bool {
        implies(self.requirements(), true, &Implied::Named(policy))
    }
}

/// What a handler is held to: the policies of its groups, and its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) group: &'a [Requirement],
    pub(crate) own: Policy,
}

impl<'a> Rules<'a> {
    pub(crate) const fn of(own: Policy) -> Self {
        Self { group: &[], own }
    }

    /// Everything that is required.
    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a Requirement> {
        self.group.iter().chain(self.own.requirements())
    }

    /// Whether nothing is asked.
    pub(crate) fn is_public(self) -> bool {
        self.iter().next().is_none()
    }

    /// Every requirement in it that is no expression, and whether an odd number of `!` stands before it.
    pub(crate) fn leaves(self) -> Vec<(&'a Requirement, bool)> {
        let mut leaves = Vec::new();
        self.iter().for_each(|one| one.collect_leaves(false, &mut leaves));
        leaves
    }

    /// The named policies without which nobody is let in.
    #[inline]
    pub(crate) fn held(self) -> Vec<TypeId> {
        let mut held = Vec::new();
        if self.must_be_searched() {
            self.iter().for_each(|one| one.collect_held(&mut held));
        }
        held
    }

    /// The named policies in it.
    pub(crate) fn named(self) -> Vec<&'static Named> {
        let mut named = Vec::new();
        if self.must_be_searched() {
            self.iter().for_each(|one| one.collect_named(&mut named));
        }
        named
    }

    /// Whether deciding needs the token.
    pub(crate) fn needs_token(self) -> bool {
        self.iter().any(|one| one.any_leaf(&Requirement::is_about_token))
    }

    /// Whether deciding needs the user.
    #[inline]
    pub(crate) fn needs_user(self) -> bool {
        self.own.asks_for_user || self.iter().any(|one| one.any_leaf(&Requirement::is_about_user))
    }

    /// Every scope of the token that is asked for, in the order of declaration.
    pub(crate) fn scopes(self) -> Vec<&'static dyn Scope> {
        let mut scopes: Vec<&'static dyn Scope> = Vec::new();
        for (one, negated) in self.leaves() {
            for scope in one.token_scopes() {
                if !negated && !scopes.iter().any(|present| present.as_str() == scope.as_str()) {
                    scopes.push(scope);
                }
            }
        }
        scopes
    }

    /// The scopes asked for as RFC 6749 writes them, separated by spaces.
    pub(crate) fn scope_string(self) -> String {
        self.scopes().iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Whether a token can be of use.
    pub(crate) fn asks_for_token(self) -> bool {
        self.leaves().iter().any(|(one, negated)| {
            one.is_about_token() && !(*negated && matches!(one, Requirement::Token | Requirement::User))
        })
    }

    /// Whether a credential of this scheme can be of use.
    pub(crate) fn asks_for_scheme(self, scheme: &Scheme) -> bool {
        let asks = |one: &Requirement| matches!(one, Requirement::Scheme(present, _) if *present == scheme);
        self.leaves().iter().any(|(one, negated)| !negated && asks(one))
    }

    /// The schemes whose credentials it reads.
    #[inline]
    pub(crate) fn schemes(self) -> Vec<&'static Scheme> {
        let mut schemes = Vec::new();
        if self.must_be_searched() {
            self.iter().for_each(|one| one.collect_schemes(&mut schemes));
        }
        schemes
    }

    /// Whether there may be a scheme or a named policy in it: of a group's policies, nothing is known beforehand.
    #[inline]
    fn must_be_searched(self) -> bool {
        self.own.has_scheme_or_name || !self.group.is_empty()
    }
}

impl Requirement {
    fn any_leaf(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(|one| one.any_leaf(test)),
            Self::Not(inner) => inner.any_leaf(test),
            Self::Named(named) => named.requirement.any_leaf(test),
            _ => test(self),
        }
    }

    fn collect_held(&self, held: &mut Vec<TypeId>) {
        match self {
            Self::All(inner) => inner.iter().for_each(|one| one.collect_held(held)),
            Self::Named(named) => {
                held.push((named.id)());
                named.requirement.collect_held(held);
            }
            _ => {}
        }
    }

    fn collect_schemes(&self, schemes: &mut Vec<&'static Scheme>) {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|one| one.collect_schemes(schemes)),
            Self::Not(inner) => inner.collect_schemes(schemes),
            Self::Named(named) => named.requirement.collect_schemes(schemes),
            Self::Scheme(scheme, _) if !schemes.contains(scheme) => schemes.push(scheme),
            _ => {}
        }
    }

    fn collect_leaves<'a>(&'a self, negated: bool, leaves: &mut Vec<(&'a Self, bool)>) {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|one| one.collect_leaves(negated, leaves)),
            Self::Not(inner) => inner.collect_leaves(!negated, leaves),
            Self::Named(named) => named.requirement.collect_leaves(negated, leaves),
            _ => leaves.push((self, negated)),
        }
    }

    fn collect_named(&self, found: &mut Vec<&'static Named>) {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|one| one.collect_named(found)),
            Self::Not(inner) => inner.collect_named(found),
            Self::Named(named) => {
                found.push(named);
                named.requirement.collect_named(found);
            }
            _ => {}
        }
    }

    fn is_about_token(&self) -> bool {
        !matches!(self, Self::Scheme(..) | Self::Predicate(About::Request, _))
    }

    fn is_about_user(&self) -> bool {
        match self {
            Self::User | Self::ActiveUser | Self::Role(_) | Self::Predicate(About::User, _) => true,
            Self::Granted(authority) => matches!(authority.granted(), Granted::Role(_)),
            _ => false,
        }
    }

    /// Whether this leaf refuses a disabled user.
    pub(crate) fn is_about_active_user(&self) -> bool {
        self.is_about_user() && !matches!(self, Self::User)
    }

    /// Whether this leaf can refuse a caller whose credentials are right.
    pub(crate) fn is_forbidding(&self) -> bool {
        match self {
            Self::Role(_) | Self::Predicate(..) => true,
            Self::Granted(authority) => matches!(authority.granted(), Granted::Role(_)),
            _ => false,
        }
    }

    /// The scopes of the token that this leaf asks for.
    pub(crate) fn token_scopes(&self) -> Vec<&'static dyn Scope> {
        match self {
            Self::Scopes(scopes) => scopes.to_vec(),
            Self::Granted(authority) => match authority.granted() {
                Granted::Scope(scope) => vec![scope],
                Granted::Role(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// A type, as a message names it and the compiler can compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeName {
    /// The module that it is in.
    pub module: &'static str,
    /// Its own name.
    pub name: &'static str,
}

const fn has_scheme_or_name(requirements: &[Requirement]) -> bool {
    let mut rest = requirements;
    while let [first, others @ ..] = rest {
        let found = match first {
            Requirement::Scheme(..) | Requirement::Named(_) => true,
            Requirement::All(inner) | Requirement::Any(inner) => has_scheme_or_name(inner),
            Requirement::Not(inner) => has_scheme_or_name(std::slice::from_ref(inner)),
            Requirement::Token
            | Requirement::User
            | Requirement::ActiveUser
            | Requirement::Scopes(_)
            | Requirement::Role(_)
            | Requirement::Granted(_)
            | Requirement::Predicate(..) => false,
        };
        if found {
            return true;
        }
        rest = others;
    }
    false
}

/// Of several that must all hold, one is enough that no stranger has, unless it stands within an expression: there, it may be that a
/// predicate is asked about strangers too.
const fn refuses_strangers(requirements: &[Requirement]) -> bool {
    let mut rest = requirements;
    while let [first, others @ ..] = rest {
        match first {
            Requirement::Token
            | Requirement::User
            | Requirement::ActiveUser
            | Requirement::Scopes(_)
            | Requirement::Role(_)
            | Requirement::Granted(_) => return true,
            Requirement::Scheme(..)
            | Requirement::Named(_)
            | Requirement::Predicate(..)
            | Requirement::All(_)
            | Requirement::Any(_)
            | Requirement::Not(_) => rest = others,
        }
    }
    false
}

/// Each of these [is about a user](Requirement::is_about_user). Where none is found, all of it is searched.
const fn asks_for_user(requirements: &[Requirement]) -> bool {
    let mut rest = requirements;
    while let [first, others @ ..] = rest {
        if matches!(first, Requirement::User | Requirement::ActiveUser | Requirement::Role(_)) {
            return true;
        }
        rest = others;
    }
    false
}

enum Implied {
    Token,
    Scheme(TypeName),
    Named(TypeName),
}

/// Whether all (or any) of these, or with `negated` their contraries, cannot hold without what is asked about. What cannot be
/// told is a no.
const fn implies(requirements: &[Requirement], all: bool, what: &Implied) -> bool {
    implies_each(requirements, all, false, what)
}

const fn implies_each(requirements: &[Requirement], all: bool, negated: bool, what: &Implied) -> bool {
    let mut rest = requirements;
    while let [first, others @ ..] = rest {
        let implied = match first {
            // De Morgan: the contrary of all is any of the contraries.
            Requirement::All(inner) => implies_each(inner, !negated, negated, what),
            Requirement::Any(inner) => implies_each(inner, negated, negated, what),
            Requirement::Not(inner) => implies_each(std::slice::from_ref(inner), true, !negated, what),
            Requirement::Named(named) => {
                (!negated && matches!(what, Implied::Named(name) if same_type(name, &named.name)))
                    || implies_each(std::slice::from_ref(&named.requirement), true, negated, what)
            }
            Requirement::Scheme(scheme, _) => {
                !negated && matches!(what, Implied::Scheme(name) if same_type(name, &scheme.type_name))
            }
            Requirement::Predicate(About::Request, _) => false,
            Requirement::Token | Requirement::User => !negated && matches!(what, Implied::Token),
            // What is said of a token or a user is undecided without one, and so is the contrary of it.
            _ => matches!(what, Implied::Token),
        };
        if implied == all {
            return all;
        }
        rest = others;
    }
    !all && !requirements.is_empty()
}

const fn same_type(one: &TypeName, other: &TypeName) -> bool {
    same(one.name, other.name) && same(one.module, other.module)
}

const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    loop {
        match (one, other) {
            ([], []) => return true,
            ([first, rest @ ..], [second, remaining @ ..]) if *first == *second => {
                one = rest;
                other = remaining;
            }
            _ => return false,
        }
    }
}
