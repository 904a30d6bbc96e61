//! From annotations to one declaration: they merge, in any order, or are refused with a reason.

use proc_macro2::Span;
use syn::{Error, ExprPath, Ident, Path};

use super::parse::{Annotation, Content, Kind, Rule};
use crate::{error::Errors, expression::Expression, route::Route};

/// What a handler's attributes say together.
pub(crate) enum Declaration {
    /// Where it is, and whether the policies of its groups are kept away from it.
    TokenEndpoint(Route, bool),
    Guarded(Box<Guarded>),
}

/// An ordinary handler.
#[derive(Default)]
pub(crate) struct Guarded {
    pub(super) route: Option<Route>,
    pub(super) policy: Policy,
    pub(super) overrides_group: bool,
    pub(super) observed: bool,
    pub(super) accepts: Vec<Ident>,
    /// Over the arguments.
    pub(super) before: Option<Rule>,
    /// Over the result.
    pub(super) after: Option<Rule>,
    /// Behind an error: nobody may call, whatever the policy says.
    pub(super) closed: bool,
}

/// Who may call: whoever has all of this.
#[derive(Default)]
pub(super) struct Policy {
    /// Nothing is asked.
    pub(super) public: bool,
    /// Whom a token must stand for.
    pub(super) caller: Option<Caller>,
    pub(super) scopes: Vec<ExprPath>,
    pub(super) role: Option<Path>,
    /// Those of the groups, and the handler's own.
    pub(super) expressions: Vec<Expression>,
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

const GUARDS: &str = "#[requires_active_user], #[requires_user], #[requires_token], #[requires_scopes(..)], #[requires_role(..)] or #[requires(..)]";

pub(super) fn declaration(annotations: Vec<Annotation>, errors: &mut Errors) -> Declaration {
    for (index, annotation) in annotations.iter().enumerate() {
        let repeats = |earlier: &Annotation| earlier.kind == annotation.kind && earlier.kind != Kind::Group;
        if annotations.iter().take(index).any(repeats) {
            let name = annotation.kind.name();
            let advice = match annotation.kind {
                Kind::Scopes => ": name all its scopes in one",
                Kind::Role => ": for several roles, write #[requires(Role::Admin || Role::Editor)], or `&&` for all",
                Kind::Requires | Kind::Authorize | Kind::PostAuthorize => ": join the two in one, by `&&` or `||`",
                Kind::Accept => ": name all its lints in one",
                _ => "",
            };
            errors.push(Error::new(annotation.span, format!("#[{name}] stands here twice{advice}")));
        }
    }
    if annotations.iter().any(|annotation| annotation.kind == Kind::TokenEndpoint) {
        return token_endpoint(annotations, errors);
    }
    Declaration::Guarded(Box::new(guarded(annotations, errors)))
}

/// What was found that says who may call, and where.
#[derive(Default)]
struct Found {
    public: Option<Span>,
    callers: Vec<(Caller, Span)>,
    scopes: Option<Vec<ExprPath>>,
    role: Option<Path>,
    expression: Option<Expression>,
    groups: Vec<Expression>,
    /// Something asks for something, even if it has an error.
    asks: bool,
}

fn guarded(annotations: Vec<Annotation>, errors: &mut Errors) -> Guarded {
    let mut guarded = Guarded::default();
    let mut found = Found::default();
    let mut overrides = None;
    let mut methods: Vec<Kind> = Vec::new();
    for Annotation { kind, span, content } in annotations {
        found.asks |=
            matches!(kind, Kind::Token | Kind::User | Kind::ActiveUser | Kind::Scopes | Kind::Role | Kind::Requires);
        match (kind, content) {
            (Kind::Method(_), content) => {
                methods.push(kind);
                let new = match content {
                    Content::Route(route) => route,
                    _ => Route::unknown(kind.verb()),
                };
                match &guarded.route {
                    None => guarded.route = Some(new),
                    // The same attribute twice is reported as that.
                    Some(_) if methods.iter().filter(|present| **present == kind).count() > 1 => {}
                    Some(Route { method: present, .. }) => errors.push(Error::new(
                        span,
                        format!("a handler has one method and path, and this one is mounted for {present} already: write a second handler that calls the same function"),
                    )),
                }
            }
            (Kind::Public, _) => found.public = Some(span),
            (Kind::Token, _) => found.callers.push((Caller::Token, span)),
            (Kind::User, _) => found.callers.push((Caller::User, span)),
            (Kind::ActiveUser, _) => found.callers.push((Caller::ActiveUser, span)),
            (Kind::Scopes, Content::Scopes(paths)) => found.scopes = Some(paths),
            (Kind::Scopes, _) => found.scopes = Some(Vec::new()),
            (Kind::Role, Content::Role(path)) => found.role = Some(path),
            (Kind::Requires, Content::Policy(expression)) => found.expression = Some(expression),
            (Kind::Group, Content::Policy(expression)) => found.groups.push(expression),
            (Kind::OverridesGroup, _) => {
                guarded.overrides_group = true;
                overrides = Some(span);
            }
            (Kind::Observe, _) => guarded.observed = true,
            (Kind::Accept, Content::Lints(lints)) => guarded.accepts = lints,
            (Kind::Authorize, Content::Rule(rule)) => guarded.before = Some(*rule),
            (Kind::PostAuthorize, Content::Rule(rule)) => guarded.after = Some(*rule),
            (Kind::Group, _) => {
                found.asks = true;
                guarded.closed = true;
            }
            // Broken ones are reported.
            (
                Kind::TokenEndpoint
                | Kind::Role
                | Kind::Requires
                | Kind::Accept
                | Kind::Authorize
                | Kind::PostAuthorize,
                _,
            ) => {}
        }
    }
    if let Some(span) = overrides {
        found.groups.clear();
        if found.public.is_none() && !found.asks {
            found.asks = true;
            errors.push(Error::new(
                span,
                format!("#[overrides_group] takes the group's policy away, and nothing says who may call instead: add {GUARDS}, or #[public] if anyone may"),
            ));
        }
    }
    let grouped = !found.groups.is_empty();
    guarded.policy = policy(found, guarded.before.is_some() || guarded.after.is_some(), errors);
    if guarded.observed && grouped {
        errors.push(Error::new(
            Span::call_site(),
            "#[observe] tries out the handler's own policy, and would let go of the #[group(..)] as well: move the handler out of the group, or write #[overrides_group]",
        ));
    }
    if guarded.observed && guarded.policy.public {
        errors.push(Error::new(
            Span::call_site(),
            "#[observe] tries a policy out, and #[public] has none: remove one of them",
        ));
    }
    guarded
}

fn policy(found: Found, has_rules: bool, errors: &mut Errors) -> Policy {
    let Found { public, callers, scopes, role, expression, groups, asks } = found;
    if let Some(public) = public {
        if asks {
            errors.push(Error::new(
                public,
                "#[public] says that anyone may call, and another attribute here says who may: remove one of them",
            ));
        } else if !groups.is_empty() {
            errors.push(Error::new(
                public,
                "#[public] stands in a #[group(..)] that says who may call: write #[overrides_group] beside it, or move the handler out of the group",
            ));
        } else {
            return Policy { public: true, ..Policy::default() };
        }
    }
    let strongest = callers.iter().map(|(caller, _)| *caller).max();
    for (caller, span) in callers.iter().filter(|(caller, _)| Some(*caller) != strongest) {
        let (weaker, stronger) = (name(*caller), strongest.map_or("", name));
        errors.push(Error::new(*span, format!("#[{stronger}] asks for this too: remove #[{weaker}]")));
    }
    if !asks && groups.is_empty() && public.is_none() {
        let also = if has_rules { ", before #[authorize(..)] is asked about what" } else { "" };
        errors.push(Error::new(
            Span::call_site(),
            format!("this handler does not say who may call it: add {GUARDS}, or #[public] if anyone may{also}"),
        ));
    }
    for (asking, beside) in [(scopes.is_some(), "requires_scopes"), (role.is_some(), "requires_role")] {
        if asking && strongest == Some(Caller::Token) {
            for (_, span) in &callers {
                errors
                    .push(Error::new(*span, format!("#[{beside}(..)] asks for a token too: remove #[requires_token]")));
            }
        }
    }
    Policy {
        public: false,
        caller: strongest,
        scopes: scopes.unwrap_or_default(),
        role,
        expressions: groups.into_iter().chain(expression).collect(),
    }
}

fn name(caller: Caller) -> &'static str {
    match caller {
        Caller::Token => Kind::Token.name(),
        Caller::User => Kind::User.name(),
        Caller::ActiveUser => Kind::ActiveUser.name(),
    }
}

fn token_endpoint(annotations: Vec<Annotation>, errors: &mut Errors) -> Declaration {
    let mut route = None;
    let (mut grouped, mut overrides) = (false, false);
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
            (Kind::OverridesGroup, _) => overrides = true,
            (Kind::Group, _) => grouped = true,
            _ => errors.push(Error::new(
                span,
                format!("a token endpoint is where callers log in, so that nothing can be asked of them before: remove #[{}]", kind.name()),
            )),
        }
    }
    if grouped && !overrides {
        errors.push(Error::new(
            Span::call_site(),
            "a token endpoint is where callers log in, and stands in a #[group(..)] that asks for a login: write #[overrides_group] beside it, or move it out of the group",
        ));
    }
    Declaration::TokenEndpoint(route.unwrap_or(Route::unknown("POST")), overrides)
}
