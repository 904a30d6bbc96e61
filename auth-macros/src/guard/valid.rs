//! From annotations to one declaration: they merge, in any order, or are refused with a reason.

use proc_macro2::Span;
use syn::{Error, ExprPath};

use super::parse::{Annotation, Content, Kind};
use crate::{error::Errors, route::Route};

/// What a handler's attributes say together.
pub(crate) enum Declaration {
    TokenEndpoint(Route),
    Guarded(Guarded),
}

/// An ordinary handler.
pub(crate) struct Guarded {
    pub(super) route: Option<Route>,
    pub(super) policy: Policy,
    /// Behind an error: nobody may call, whatever the policy says.
    pub(super) closed: bool,
}

/// Who may call.
pub(super) enum Policy {
    Public,
    /// Whom a token must stand for, and what it must be good for.
    Caller(Caller, Vec<ExprPath>),
}

impl Policy {
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Self::Public)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Caller {
    Token,
    User,
    ActiveUser,
}

impl Guarded {
    /// The same, for nobody.
    pub(super) fn closed(self) -> Self {
        Self { closed: true, ..self }
    }
}

const GUARDS: &str = "#[requires_active_user], #[requires_user], #[requires_token] or #[requires_scopes(..)]";

pub(super) fn declaration(annotations: Vec<Annotation>, errors: &mut Errors) -> Declaration {
    for (index, annotation) in annotations.iter().enumerate() {
        if annotations.iter().take(index).any(|earlier| earlier.kind == annotation.kind) {
            let name = annotation.kind.name();
            let advice = if annotation.kind == Kind::Scopes { ": name all its scopes in one" } else { "" };
            errors.push(Error::new(annotation.span, format!("#[{name}] stands here twice{advice}")));
        }
    }
    if annotations.iter().any(|annotation| annotation.kind == Kind::TokenEndpoint) {
        return Declaration::TokenEndpoint(token_endpoint(annotations, errors));
    }

    let mut route = None;
    let mut public = None;
    let mut callers: Vec<(Caller, Span)> = Vec::new();
    let mut scopes = None;
    for Annotation { kind, span, content } in annotations {
        match (kind, content) {
            (Kind::Method(method), content) => {
                let new = match content {
                    Content::Route(route) => route,
                    _ => Route { method, path: None, tag: None, operation_id: None },
                };
                match &route {
                    None => route = Some(new),
                    Some(Route { method: present, .. }) if *present != method => errors.push(Error::new(
                        span,
                        format!("a handler has one method and path, and this one is mounted for {present} already: write a second handler that calls the same function"),
                    )),
                    Some(_) => {}
                }
            }
            (Kind::Public, _) => public = Some(span),
            (Kind::Token, _) => callers.push((Caller::Token, span)),
            (Kind::User, _) => callers.push((Caller::User, span)),
            (Kind::ActiveUser, _) => callers.push((Caller::ActiveUser, span)),
            (Kind::Scopes, Content::Scopes(paths)) => scopes = Some((paths, span)),
            (Kind::Scopes, _) => scopes = Some((Vec::new(), span)),
            (Kind::TokenEndpoint, _) => {}
        }
    }
    let policy = policy(public, &callers, scopes, errors);
    Declaration::Guarded(Guarded { route, policy, closed: false })
}

fn policy(
    public: Option<Span>,
    callers: &[(Caller, Span)],
    scopes: Option<(Vec<ExprPath>, Span)>,
    errors: &mut Errors,
) -> Policy {
    if let Some(public) = public {
        if !callers.is_empty() || scopes.is_some() {
            errors.push(Error::new(
                public,
                "#[public] says that anyone may call, and another attribute here says who may: remove one of them",
            ));
        } else {
            return Policy::Public;
        }
    }
    let strongest = callers.iter().map(|(caller, _)| *caller).max();
    for (caller, span) in callers.iter().filter(|(caller, _)| Some(*caller) != strongest) {
        let (weaker, stronger) = (name(*caller), strongest.map_or("", name));
        errors.push(Error::new(*span, format!("#[{stronger}] asks for this too: remove #[{weaker}]")));
    }
    if strongest.is_none() && scopes.is_none() {
        errors.push(Error::new(
            Span::call_site(),
            format!("this handler does not say who may call it: add {GUARDS}, or #[public] if anyone may"),
        ));
    }
    if let (Some(Caller::Token), Some(_)) = (strongest, &scopes) {
        for (_, span) in callers {
            errors.push(Error::new(*span, "#[requires_scopes(..)] asks for a token too: remove #[requires_token]"));
        }
    }
    Policy::Caller(strongest.unwrap_or(Caller::Token), scopes.map(|(paths, _)| paths).unwrap_or_default())
}

fn name(caller: Caller) -> &'static str {
    match caller {
        Caller::Token => Kind::Token.name(),
        Caller::User => Kind::User.name(),
        Caller::ActiveUser => Kind::ActiveUser.name(),
    }
}

fn token_endpoint(annotations: Vec<Annotation>, errors: &mut Errors) -> Route {
    let mut route = None;
    for Annotation { kind, span, content } in annotations {
        match (kind, content) {
            (Kind::TokenEndpoint, Content::Route(found)) => {
                route.get_or_insert(found);
            }
            (Kind::TokenEndpoint, _) => {}
            (Kind::Method(_), _) => errors.push(Error::new(
                span,
                format!("a token endpoint is always POST, at the path that #[token_endpoint(..)] gives: remove #[{}]", kind.name()),
            )),
            _ => errors.push(Error::new(
                span,
                format!("a token endpoint is where callers log in, so that nothing can be asked of them before: remove #[{}]", kind.name()),
            )),
        }
    }
    route.unwrap_or(Route { method: "POST", path: None, tag: None, operation_id: None })
}
