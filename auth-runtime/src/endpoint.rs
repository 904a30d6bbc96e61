//! What the macros declare of a handler.

use crate::{openapi::Describe, policy::Policy};

/// An annotated handler, as the macro declares it on a type of its own.
pub trait Endpoint: Send + Sync + 'static {
    /// How the policy is enforced: [`Open`](crate::guard::Open), [`Protected`](crate::guard::Protected),
    /// [`Closed`](crate::guard::Closed) or
    /// [`TokenEndpoint`](crate::guard::TokenEndpoint).
    type Access;

    /// Who may call.
    const POLICY: Policy;

    /// What each of the handler's own arguments takes from the guard.
    const TAKES: &'static [Takes] = &[];

    /// Where and how the handler is written.
    const SOURCE: Source;

    /// Describes arguments and result for the document.
    fn describe(operation: &mut Describe);
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
    /// A handler of this name, with these lines of documentation.
    #[must_use]
    pub const fn new(name: &'static str, docs: &'static [&'static str]) -> Self {
        Self { name, docs, module: "", file: "", line: 0 }
    }

    /// Where it stands.
    #[must_use]
    pub const fn at(self, module: &'static str, file: &'static str, line: u32) -> Self {
        Self { module, file, line, ..self }
    }
}

/// An annotated handler that says where it is mounted.
#[diagnostic::on_unimplemented(
    message = "this handler states its policy, and not its path",
    label = "where is it mounted?",
    note = "add one of `#[get(\"/path\")]`, `#[post(..)]`, `#[put(..)]`, `#[patch(..)]`, `#[delete(..)]`, `#[head(..)]`, `#[options(..)]` to it, or use it with a plain `axum::Router`, where it is guarded all the same"
)]
pub trait Routed: Endpoint {
    /// Method and path.
    const ROUTE: Route;
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
}

impl Route {
    /// This method at this path.
    #[must_use]
    pub const fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path, tag: None, operation_id: None }
    }

    /// In this group.
    #[must_use]
    pub const fn tag(self, tag: &'static str) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Under this name.
    #[must_use]
    pub const fn operation_id(self, operation_id: &'static str) -> Self {
        Self { operation_id: Some(operation_id), ..self }
    }
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
}

/// Whether an argument is the user, if there is one.
#[must_use]
pub const fn knows_user(takes: &[Takes]) -> bool {
    let mut rest = takes;
    while let [first, others @ ..] = rest {
        if matches!(first, Takes::OptionalUser) {
            return true;
        }
        rest = others;
    }
    false
}

/// Refuses to compile a public handler that takes what only a credential gives.
///
/// # Panics
/// Where it does: the compiler evaluates it, and the panic is a compile error.
#[expect(clippy::panic, reason = "evaluated by the compiler alone: it becomes a compile error")]
pub const fn public_takes(takes: Takes) {
    match takes {
        Takes::Nothing | Takes::OptionalUser => {}
        Takes::User => panic!(
            "this handler is #[public] and takes a user: write `Option<..>` to know the user if there is one, or replace #[public] by #[requires_user] or #[requires_active_user]"
        ),
        Takes::Token => {
            panic!("this handler is #[public] and takes an access token: replace #[public] by #[requires_token]")
        }
    }
}
