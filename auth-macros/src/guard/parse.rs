//! From attributes to annotations.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, ExprPath, Ident, LitInt, Meta, Pat, Path, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{
    endpoint::MERGED,
    error::Errors,
    expression::{self, Expression},
    group::{self, Membership},
    plain,
    route::{self, Route},
};

/// Which attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Method(&'static str),
    TokenEndpoint,
    Public,
    Token,
    User,
    ActiveUser,
    Scopes,
    Role,
    Requires,
    Group,
    OverridesGroup,
    Authorize,
    PostAuthorize,
    Observe,
    Accept,
}

const KINDS: [(&str, Kind); 22] = [
    ("get", Kind::Method("GET")),
    ("post", Kind::Method("POST")),
    ("put", Kind::Method("PUT")),
    ("patch", Kind::Method("PATCH")),
    ("delete", Kind::Method("DELETE")),
    ("head", Kind::Method("HEAD")),
    ("options", Kind::Method("OPTIONS")),
    ("websocket", Kind::Method("WEBSOCKET")),
    ("token_endpoint", Kind::TokenEndpoint),
    ("public", Kind::Public),
    ("requires_token", Kind::Token),
    ("requires_user", Kind::User),
    ("requires_active_user", Kind::ActiveUser),
    ("requires_scopes", Kind::Scopes),
    ("requires_role", Kind::Role),
    ("requires", Kind::Requires),
    ("group", Kind::Group),
    ("overrides_group", Kind::OverridesGroup),
    ("authorize", Kind::Authorize),
    ("post_authorize", Kind::PostAuthorize),
    ("observe", Kind::Observe),
    ("accept", Kind::Accept),
];

impl Kind {
    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("attribute", |(name, _)| name)
    }

    /// The method that it mounts for.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Method("WEBSOCKET") => "GET",
            Self::Method(method) => method,
            _ => "",
        }
    }
}

/// One attribute, parsed.
pub(crate) struct Annotation {
    pub(super) kind: Kind,
    /// The attribute.
    pub(super) span: Span,
    pub(super) content: Content,
}

pub(super) enum Content {
    Nothing,
    Route(Route),
    Scopes(Vec<ExprPath>),
    Role(Path),
    Policy(Expression),
    Rule(Box<Rule>),
    Lints(Vec<Ident>),
    /// It has an error, which is reported.
    Broken,
}

/// A rule over the arguments or the result of a handler.
pub(crate) struct Rule {
    /// What the result is called; only in a rule about it.
    pub(super) result: Option<Pat>,
    pub(super) expression: Expr,
    /// Whether the refusal is a 404.
    pub(super) hides: bool,
}

impl Rule {
    /// As it is written, put into words by the compiler.
    pub(super) fn text(&self) -> TokenStream {
        let expression = &self.expression;
        quote::quote!(::core::stringify!(#expression))
    }
}

/// Whether this is an attribute that another one has merged already.
pub(super) fn is_merged(arguments: &TokenStream) -> bool {
    matches!(arguments.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == MERGED)
}

/// The attribute at hand, and all others of ours, which are taken off the function. `merged` gets the paths of those.
pub(super) fn annotations(
    kind: Kind,
    arguments: TokenStream,
    attributes: &mut Vec<Attribute>,
    krate: &str,
    merged: &mut Vec<Path>,
    errors: &mut Errors,
) -> Vec<Annotation> {
    let mut annotations = vec![annotation(kind, Span::call_site(), Ok(arguments), errors)];
    attributes.retain(|attribute| {
        let Some(kind) = ours(attribute.path(), krate) else { return true };
        let arguments = match &attribute.meta {
            Meta::Path(_) => Ok(TokenStream::new()),
            Meta::List(list) => Ok(list.tokens.clone()),
            Meta::NameValue(assigned) => {
                Err(Error::new_spanned(assigned, format!("#[{}] takes its arguments in parentheses", kind.name())))
            }
        };
        annotations.push(annotation(kind, attribute.path().span(), arguments, errors));
        // A group writes its members' attributes itself: nobody imports them.
        if kind != Kind::Group {
            merged.push(attribute.path().clone());
        }
        false
    });
    annotations
}

/// Whether one of these is ours.
pub(super) fn any_of_ours(attributes: &[Attribute], krate: &str) -> bool {
    attributes.iter().any(|attribute| ours(attribute.path(), krate).is_some())
}

/// An attribute is ours by its plain name, or by a path through our crate. Another crate's `#[other::get]` is not.
fn ours(path: &Path, krate: &str) -> Option<Kind> {
    let last = path.segments.last()?.ident.to_string();
    let (_, kind) = KINDS.iter().find(|(name, _)| last == *name)?;
    (path.segments.len() == 1 || path.segments.first()?.ident == krate).then_some(*kind)
}

fn annotation(kind: Kind, span: Span, arguments: syn::Result<TokenStream>, errors: &mut Errors) -> Annotation {
    let content = arguments.and_then(|arguments| match kind {
        Kind::Method("WEBSOCKET") => route::parse(kind.name(), "/updates", "GET", span, arguments).map(Content::Route),
        Kind::Method(method) => route::parse(kind.name(), "/items/{id}", method, span, arguments).map(Content::Route),
        Kind::TokenEndpoint => route::parse(kind.name(), "/token", "POST", span, arguments).map(Content::Route),
        Kind::Scopes => scopes(span, arguments).map(Content::Scopes),
        Kind::Role => role(span, arguments).map(Content::Role),
        Kind::Requires => expression::parse(kind.name(), arguments, span).map(Content::Policy),
        Kind::Group => match group::of_member(&arguments) {
            Some(Membership::Policy(expression)) => Ok(Content::Policy(expression)),
            Some(Membership::Broken) => Ok(Content::Broken),
            None => Err(Error::new(
                span,
                "#[group(..)] goes on a module, `mod admin { .. }`; a handler has #[requires(..)]",
            )),
        },
        Kind::Authorize | Kind::PostAuthorize => rule(kind, span, arguments).map(Box::new).map(Content::Rule),
        Kind::Accept => lints(span, arguments).map(Content::Lints),
        Kind::Public | Kind::Token | Kind::User | Kind::ActiveUser | Kind::OverridesGroup | Kind::Observe => {
            nothing(kind, arguments)
        }
    });
    Annotation { kind, span, content: errors.keep(content).unwrap_or(Content::Broken) }
}

fn nothing(kind: Kind, arguments: TokenStream) -> syn::Result<Content> {
    if arguments.is_empty() {
        return Ok(Content::Nothing);
    }
    let name = kind.name();
    let advice = match kind {
        Kind::OverridesGroup | Kind::Observe => "",
        _ => "; scopes have an attribute of their own, #[requires_scopes(..)], and for more there is #[requires(..)]",
    };
    Err(Error::new_spanned(arguments, format!("#[{name}] takes no arguments{advice}")))
}

fn expressions(arguments: TokenStream) -> syn::Result<Vec<Expr>> {
    if let Some(paths) = plain::paths(&arguments) {
        let expression = |path| Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path });
        return Ok(paths.into_iter().map(expression).collect());
    }
    Ok(Punctuated::<Expr, Token![,]>::parse_terminated.parse2(arguments)?.into_iter().collect())
}

fn scopes(span: Span, arguments: TokenStream) -> syn::Result<Vec<ExprPath>> {
    let expressions = expressions(arguments)?;
    if expressions.is_empty() {
        return Err(Error::new(
            span,
            "#[requires_scopes] names at least one scope, such as `Scope::Items`; for a token of any scope, write #[requires_token]",
        ));
    }
    let mut paths: Vec<ExprPath> = Vec::new();
    for expression in expressions {
        if let Expr::Binary(expression) = &expression {
            return Err(Error::new_spanned(
                expression,
                "#[requires_scopes(..)] names scopes, all of which are needed; an expression of them goes into #[requires(..)]",
            ));
        }
        let Expr::Path(expression) = expression else {
            return Err(Error::new_spanned(
                expression,
                "a scope is a variant of the enum that derives `Scope`: write `Scope::Items`, not its string",
            ));
        };
        if paths.iter().any(|path| same(path, &expression)) {
            return Err(Error::new_spanned(&expression, "this scope is named twice"));
        }
        paths.push(expression);
    }
    Ok(paths)
}

fn role(span: Span, arguments: TokenStream) -> syn::Result<Path> {
    if arguments.is_empty() {
        return Err(Error::new(span, "#[requires_role] names the role: #[requires_role(Role::Admin)]"));
    }
    let mut roles = expressions(arguments)?.into_iter();
    let (first, second) = (roles.next(), roles.next());
    if let Some(second) = second {
        return Err(Error::new_spanned(
            second,
            "#[requires_role(..)] names one role; for several, write #[requires(Role::Admin || Role::Editor)], or `&&` for all",
        ));
    }
    if let Some(Expr::Binary(expression)) = &first {
        return Err(Error::new_spanned(
            expression,
            "#[requires_role(..)] names one role; an expression of them goes into #[requires(..)]",
        ));
    }
    let Some(Expr::Path(path)) = first else {
        return Err(Error::new_spanned(
            first,
            "a role is a variant of the enum that derives `Role`: write `Role::Admin`, not its name",
        ));
    };
    if expression::enum_of(&path.path).is_none() {
        return Err(Error::new_spanned(path, "write the role with its enum: `Role::Admin`"));
    }
    Ok(path.path)
}

const LINTS: [(&str, &str); 4] = [
    ("public_mutation", "PublicMutation"),
    ("unchecked_parameter", "UncheckedParameter"),
    ("unchecked_credential", "UncheckedCredential"),
    ("unchecked_scopes", "UncheckedScopes"),
];

fn lint_names() -> String {
    LINTS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The lints, by the names of the runtime's variants.
fn lints(span: Span, arguments: TokenStream) -> syn::Result<Vec<Ident>> {
    let names = Punctuated::<Ident, Token![,]>::parse_terminated.parse2(arguments)?;
    if names.is_empty() {
        return Err(Error::new(span, format!("#[accept(..)] names what a router would complain of: {}", lint_names())));
    }
    let lint = |name: Ident| match LINTS.iter().find(|(known, _)| name == known) {
        Some((_, variant)) => Ok(Ident::new(variant, name.span())),
        None => Err(Error::new(name.span(), format!("there is no lint `{name}`; there are {}", lint_names()))),
    };
    names.into_iter().map(lint).collect()
}

/// `item.owner == user.username, or = 404`
struct RuleArguments {
    expression: Expr,
    hides: bool,
}

impl Parse for RuleArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expression = input.parse()?;
        let mut hides = false;
        if !input.is_empty() {
            const OR: &str =
                "after the rule comes `or = 404`, if a refusal is to look as if there were nothing, or nothing at all";
            input.parse::<Token![,]>()?;
            if !input.is_empty() {
                let key: Ident = input.parse().map_err(|error| Error::new(error.span(), OR))?;
                if key != "or" {
                    return Err(Error::new(key.span(), OR));
                }
                input.parse::<Token![=]>()?;
                let status: LitInt = input.parse()?;
                hides = match status.base10_parse::<u16>()? {
                    404 => true,
                    403 => false,
                    _ => return Err(Error::new(status.span(), "a refusal is 403, unless it is to be 404")),
                };
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(Self { expression, hides })
    }
}

fn rule(kind: Kind, span: Span, arguments: TokenStream) -> syn::Result<Rule> {
    if arguments.is_empty() {
        return Err(Error::new(
            span,
            match kind {
                Kind::PostAuthorize => {
                    "#[post_authorize(..)] is a rule about the result: #[post_authorize(|item| item.public)]"
                }
                _ => {
                    "#[authorize(..)] is a rule over the handler's arguments: #[authorize(item.owner == user.username)]"
                }
            },
        ));
    }
    let RuleArguments { expression, hides } = syn::parse2(arguments)?;
    match (kind, expression) {
        (Kind::PostAuthorize, Expr::Closure(closure)) => {
            let whole = closure.to_token_stream();
            let mut inputs = closure.inputs.into_iter();
            match (inputs.next(), inputs.next()) {
                (Some(result), None) => {
                    let result = match result {
                        Pat::Type(typed) => *typed.pat,
                        untyped => untyped,
                    };
                    Ok(Rule { result: Some(result), expression: *closure.body, hides })
                }
                _ => Err(Error::new_spanned(whole, "between the bars stands one name, for the result: `|item|`")),
            }
        }
        (Kind::PostAuthorize, expression) => Err(Error::new_spanned(
            expression,
            "#[post_authorize(..)] begins with a name for the result: #[post_authorize(|item| item.public)]",
        )),
        (_, Expr::Closure(closure)) => Err(Error::new_spanned(
            closure,
            "#[authorize(..)] is an expression over the handler's arguments, which it knows by their names; for the result there is #[post_authorize(|item| ..)]",
        )),
        (_, expression) => Ok(Rule { result: None, expression, hides }),
    }
}

fn same(one: &ExprPath, other: &ExprPath) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
