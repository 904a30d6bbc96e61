//! What the macros declare of a handler.

use std::panic::Location;

use crate::{
    openapi::Describe,
    policy::{Policy, Requirement, TypeName},
    scheme::Scheme,
    user::AuthUser,
};

/// An annotated handler, as the macro declares it on a type of its own.
pub trait Endpoint: 'static {
    /// How the policy is enforced: [`Open`](crate::guard::Open), [`Protected`](crate::guard::Protected),
    /// [`Closed`](crate::guard::Closed) or
    /// [`TokenEndpoint`](crate::guard::TokenEndpoint).
    type Access;

    /// What the macro writes down. It is one constant, since each costs the compiler a body to check.
    const DECLARED: Declared;

    /// Who may call.
    const POLICY: Policy = match Self::DECLARED.asks {
        Asks::Nothing => Policy::PUBLIC,
        Asks::One(_) => Policy::all(Self::ASKED),
        Asks::All(requirements) => Policy::all(requirements),
    };

    /// The list of the one requirement. Here, a list costs the compiler nothing for each handler.
    const ASKED: &'static [Requirement] = &[match Self::DECLARED.asks {
        Asks::One(requirement) => requirement,
        Asks::Nothing | Asks::All(_) => Requirement::Token,
    }];

    /// What each of the handler's own arguments takes from the guard.
    const TAKES: &'static [Takes] = const { &Self::DECLARED.arguments }.takes();

    /// What else is said of it.
    const OPTIONS: Options = Self::DECLARED.options;

    /// Where and how the handler is written.
    const SOURCE: Source = Self::DECLARED.source;
}

/// What is declared of a handler.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    asks: Asks,
    arguments: Arguments,
    options: Options,
    route: Option<Route>,
    source: Source,
}

/// What is asked of a caller.
#[derive(Debug, Clone, Copy)]
enum Asks {
    Nothing,
    One(Requirement),
    All(&'static [Requirement]),
}

impl Declared {
    /// Anyone may call the handler of this name, in this module, where this is called. Its arguments take this from the guard.
    #[must_use]
    #[track_caller]
    pub const fn public<const N: usize>(module: &'static str, name: &'static str, takes: [Takes; N]) -> Self {
        Self::here(module, name, Asks::Nothing, takes)
    }

    /// The same, for whoever has this.
    #[must_use]
    #[track_caller]
    pub const fn asks<const N: usize>(
        module: &'static str,
        name: &'static str,
        requirement: Requirement,
        takes: [Takes; N],
    ) -> Self {
        Self::here(module, name, Asks::One(requirement), takes)
    }

    /// The same, for whoever has all of these.
    #[must_use]
    #[track_caller]
    pub const fn asks_all<const N: usize>(
        module: &'static str,
        name: &'static str,
        requirements: &'static [Requirement],
        takes: [Takes; N],
    ) -> Self {
        Self::here(module, name, Asks::All(requirements), takes)
    }

    #[track_caller]
    const fn here<const N: usize>(module: &'static str, name: &'static str, asks: Asks, takes: [Takes; N]) -> Self {
        let location = Location::caller();
        let source = Source { name, docs: &[], module, file: location.file(), line: location.line() };
        Self { asks, arguments: Arguments::of(takes), options: Options::NONE, route: None, source }
    }

    /// The documentation, a line each.
    #[must_use]
    pub const fn docs(self, docs: &'static [&'static str]) -> Self {
        Self { source: Source { docs, ..self.source }, ..self }
    }

    /// What else is said of it.
    #[must_use]
    pub const fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Where it is mounted.
    #[must_use]
    pub const fn route(self, route: Route) -> Self {
        Self { route: Some(route), ..self }
    }
}

/// What the arguments of a handler take from its guard. By value: a list behind a reference is one more body for the compiler to
/// check, in each handler.
#[derive(Debug, Clone, Copy)]
struct Arguments {
    takes: [Takes; Self::MAX],
    number: usize,
}

impl Arguments {
    /// axum's handlers take 16 arguments, of which the guard is one.
    const MAX: usize = 15;

    const fn of<const N: usize>(takes: [Takes; N]) -> Self {
        const { assert!(N <= Self::MAX, "a guarded handler takes 15 arguments at most") };
        let mut all = [Takes::Nothing; Self::MAX];
        let (mut places, mut rest) = (all.as_mut_slice(), takes.as_slice());
        while let ([place, others @ ..], [first, after @ ..]) = (places, rest) {
            *place = *first;
            (places, rest) = (others, after);
        }
        Self { takes: all, number: N }
    }

    const fn takes(&self) -> &[Takes] {
        self.takes.split_at(self.number).0
    }
}

/// Where a handler stands in the source, and what is written above it.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The function's name.
    pub name: &'static str,
    /// Its documentation, a line each.
    pub docs: &'static [&'static str],
    /// The module that it is in.
    pub module: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line of its first attribute.
    pub line: u32,
}

impl Source {
    /// In a message: what it is, and where to look.
    pub(crate) fn place(&self) -> String {
        format!("{}::{} ({}:{})", self.module, self.name, self.file, self.line)
    }
}

/// An annotated handler that says where it is mounted.
#[diagnostic::on_unimplemented(
    message = "this handler states its policy, and not its path",
    label = "where is it mounted?",
    note = "add one of `#[get(\"/path\")]`, `#[post(..)]`, `#[put(..)]`, `#[patch(..)]`, `#[delete(..)]`, `#[head(..)]`, `#[options(..)]`, `#[websocket(..)]` to it, or use it with a plain `axum::Router`, where it is guarded all the same"
)]
pub trait Routed: Endpoint {
    /// Method, path and description: what is [declared](Declared::route).
    const ROUTE: Route = match Self::DECLARED.route {
        Some(route) => route,
        // Evaluated by the compiler alone, where a macro was to declare a route: it would be a compile error.
        None => panic!("this handler is declared without a route"),
    };
}

/// Method and path of a handler, checked by the macro.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, as axum writes it.
    pub path: &'static str,
    /// The group under which the document lists it.
    pub tag: Option<&'static str>,
    /// Its name in the document, where it is not the function's.
    pub operation_id: Option<&'static str>,
    /// Whether it is where a WebSocket is opened.
    pub websocket: bool,
    /// Describes arguments and result for the document.
    pub describe: fn(&mut Describe),
}

impl Route {
    /// This method at this path, and what the document says of arguments and result.
    #[must_use]
    pub const fn new(method: &'static str, path: &'static str, describe: fn(&mut Describe)) -> Self {
        Self { method, path, tag: None, operation_id: None, websocket: false, describe }
    }

    /// In this group.
    #[must_use]
    pub const fn tag(self, tag: &'static str) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Where a WebSocket is opened.
    #[must_use]
    pub const fn websocket(self) -> Self {
        Self { websocket: true, ..self }
    }

    /// Under this name.
    #[must_use]
    pub const fn operation_id(self, operation_id: &'static str) -> Self {
        Self { operation_id: Some(operation_id), ..self }
    }
}

/// What is said of a handler beside who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub(crate) overrides_group: bool,
    pub(crate) observed: bool,
    pub(crate) accepts: &'static [Lint],
    pub(crate) before: Option<Rule>,
    pub(crate) after: Option<Rule>,
}

impl Options {
    /// Nothing.
    pub const NONE: Self = Self { overrides_group: false, observed: false, accepts: &[], before: None, after: None };

    /// The policies of its groups do not hold for it.
    #[must_use]
    pub const fn overrides_group(self) -> Self {
        Self { overrides_group: true, ..self }
    }

    /// Its policy is logged rather than enforced.
    #[must_use]
    pub const fn observed(self) -> Self {
        Self { observed: true, ..self }
    }

    /// These lints are accepted.
    #[must_use]
    pub const fn accepts(self, lints: &'static [Lint]) -> Self {
        Self { accepts: lints, ..self }
    }

    /// This rule is about its arguments; `hides` if a refusal is a 404.
    #[must_use]
    pub const fn authorize(self, text: &'static str, hides: bool) -> Self {
        Self { before: Some(Rule { text, hides }), ..self }
    }

    /// This rule is about its result; `hides` if a refusal is a 404.
    #[must_use]
    pub const fn post_authorize(self, text: &'static str, hides: bool) -> Self {
        Self { after: Some(Rule { text, hides }), ..self }
    }

    /// The rules about its arguments and its result.
    pub(crate) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.before.into_iter().chain(self.after)
    }

    /// Whether there are rules about its arguments or its result.
    pub(crate) const fn has_rules(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}

/// What a router notices when it is built, and a handler can accept: `#[accept(public_mutation)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lint {
    /// `public_mutation`: anyone may call a handler that changes something (POST, PUT, PATCH, DELETE).
    PublicMutation,
    /// `unchecked_parameter`: a parameter of the path, which a user can change to somebody else's, and no rule about the
    /// handler's arguments.
    UncheckedParameter,
    /// `unchecked_credential`: the policy is satisfied by a credential that is handed on, and no argument takes it, so that
    /// nobody ever looks at it.
    UncheckedCredential,
    /// `unchecked_scopes`: the policy names scopes of a credential that is handed on, whose scopes nobody knows.
    UncheckedScopes,
}

impl Lint {
    /// Its name in `#[accept(..)]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicMutation => "public_mutation",
            Self::UncheckedParameter => "unchecked_parameter",
            Self::UncheckedCredential => "unchecked_credential",
            Self::UncheckedScopes => "unchecked_scopes",
        }
    }
}

/// A rule over a handler's arguments or its result, as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) text: &'static str,
    pub(crate) hides: bool,
}

/// What an argument of a handler takes from the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// The user.
    User,
    /// The user, if there is one.
    OptionalUser,
    /// The token's claims.
    Token,
    /// The token's claims, if there is one.
    OptionalToken,
    /// What a scheme yields.
    Scheme(&'static Scheme),
    /// What a scheme yields, if its credential is there.
    OptionalScheme(&'static Scheme),
    /// Proof that a named policy holds.
    Proof(TypeName),
}

impl Takes {
    /// Whether it is the user, if there is one.
    pub(crate) fn is_user(&self) -> bool {
        matches!(self, Self::User | Self::OptionalUser)
    }

    /// Whether it is the token's claims, if there is one.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Token | Self::OptionalToken)
    }

    /// Whether it is what this scheme yields, if its credential is there.
    pub(crate) fn is_of_scheme(&self, scheme: &Scheme) -> bool {
        matches!(self, Self::Scheme(taken) | Self::OptionalScheme(taken) if **taken == *scheme)
    }

    /// Whether it is proof that this policy holds.
    pub(crate) fn is_proof_of(&self, policy: TypeName) -> bool {
        *self == Self::Proof(policy)
    }
}

/// A type that can be an argument of a handler, and takes something from its guard.
pub trait GuardArgument {
    /// What it takes.
    const TAKES: Takes;

    /// What `Option` of it takes.
    const TAKES_OPTIONAL: Takes;
}

impl<U: AuthUser> GuardArgument for U {
    const TAKES: Takes = Takes::User;
    const TAKES_OPTIONAL: Takes = Takes::OptionalUser;
}

/// Whether an argument is given what there is of a caller, if there is one.
#[must_use]
pub const fn knows_caller(takes: &[Takes]) -> bool {
    let mut rest = takes;
    while let [first, others @ ..] = rest {
        if matches!(first, Takes::OptionalUser | Takes::OptionalToken | Takes::OptionalScheme(_)) {
            return true;
        }
        rest = others;
    }
    false
}

/// [`fits`], for a handler's policy.
pub const fn fits_endpoint<E: Endpoint>(takes: Takes) {
    fits(&E::POLICY, takes);
}

/// Refuses to compile a handler that takes what its policy does not ask for.
///
/// # Panics
/// Where it does: the compiler evaluates it, and the panic is a compile error.
#[expect(clippy::panic, reason = "evaluated by the compiler alone: it becomes a compile error")]
pub const fn fits(policy: &Policy, takes: Takes) {
    match takes {
        Takes::User if policy.is_public() => panic!(
            "this handler is #[public] and takes a user: write `Option<..>` to know the user if there is one, or replace #[public] by #[requires_user] or #[requires_active_user]"
        ),
        Takes::Token if policy.is_public() => {
            panic!("this handler is #[public] and takes an access token: replace #[public] by #[requires_token]")
        }
        Takes::User | Takes::Token if !policy.implies_token() => panic!(
            "the policy lets in callers without a token, and this argument needs one: write `Option<..>`, or `token && ..` in #[requires(..)]"
        ),
        Takes::Scheme(scheme) if !policy.implies_scheme(scheme.type_name) => panic!(
            "the policy lets in callers without this credential: write `Option<..>`, or ask for the scheme by its name in #[requires(..)]"
        ),
        Takes::Proof(named) if !policy.implies_named(named) => panic!(
            "the policy of this handler does not hold what this argument proves: name that policy in #[requires(..)], joined by `&&`"
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arguments_take_is_kept_in_their_order() {
        assert_eq!(Arguments::of([]).takes(), []);
        let two = [Takes::Nothing, Takes::Token];
        assert_eq!(Arguments::of(two).takes(), two);
        let mut all = [Takes::User; Arguments::MAX];
        all[0] = Takes::Token;
        assert_eq!(Arguments::of(all).takes(), all);
    }
}
