//! From attributes to annotations.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, Ident, LitStr, Meta, Path, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

use super::valid::Route;
use crate::error::Errors;

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
}

const KINDS: [(&str, Kind); 13] = [
    ("get", Kind::Method("GET")),
    ("post", Kind::Method("POST")),
    ("put", Kind::Method("PUT")),
    ("patch", Kind::Method("PATCH")),
    ("delete", Kind::Method("DELETE")),
    ("head", Kind::Method("HEAD")),
    ("options", Kind::Method("OPTIONS")),
    ("token_endpoint", Kind::TokenEndpoint),
    ("public", Kind::Public),
    ("requires_token", Kind::Token),
    ("requires_user", Kind::User),
    ("requires_active_user", Kind::ActiveUser),
    ("requires_scopes", Kind::Scopes),
];

impl Kind {
    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("attribute", |(name, _)| name)
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
    Scopes(Vec<Path>),
    /// It has an error, which is reported.
    Broken,
}

/// The argument with which an attribute that was merged is written again, on the type beside the handler: an import of it is
/// then used, an editor knows it, and another crate's attribute of the same name is not swallowed but complains.
pub(crate) const MERGED: &str = "merged";

/// Whether this is an attribute that another one has merged already.
pub(super) fn is_merged(arguments: &TokenStream) -> bool {
    arguments.to_string() == MERGED
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
        merged.push(attribute.path().clone());
        false
    });
    annotations
}

/// An attribute is ours by its plain name, or by a path through our crate. Another crate's `#[other::get]` is not.
fn ours(path: &Path, krate: &str) -> Option<Kind> {
    let last = path.segments.last()?;
    if path.segments.len() > 1 && path.segments.first()?.ident != krate {
        return None;
    }
    KINDS.iter().find(|(name, _)| last.ident == name).map(|(_, kind)| *kind)
}

fn annotation(kind: Kind, span: Span, arguments: syn::Result<TokenStream>, errors: &mut Errors) -> Annotation {
    let content = arguments.and_then(|arguments| match kind {
        Kind::Method(method) => route(kind, method, span, arguments).map(Content::Route),
        Kind::TokenEndpoint => route(kind, "POST", span, arguments).map(Content::Route),
        Kind::Scopes => scopes(span, arguments).map(Content::Scopes),
        Kind::Public | Kind::Token | Kind::User | Kind::ActiveUser => nothing(kind, arguments),
    });
    Annotation { kind, span, content: errors.keep(content).unwrap_or(Content::Broken) }
}

fn nothing(kind: Kind, arguments: TokenStream) -> syn::Result<Content> {
    if arguments.is_empty() {
        return Ok(Content::Nothing);
    }
    let name = kind.name();
    Err(Error::new_spanned(
        arguments,
        format!("#[{name}] takes no arguments; scopes have an attribute of their own, #[requires_scopes(..)]"),
    ))
}

fn scopes(span: Span, arguments: TokenStream) -> syn::Result<Vec<Path>> {
    let expressions = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(arguments)?;
    if expressions.is_empty() {
        return Err(Error::new(
            span,
            "#[requires_scopes] names at least one scope, such as `Scope::Items`; for a token of any scope, write #[requires_token]",
        ));
    }
    let mut paths: Vec<Path> = Vec::new();
    for expression in expressions {
        let Expr::Path(expression) = expression else {
            return Err(Error::new_spanned(
                expression,
                "a scope is a variant of the enum that derives `Scope`: write `Scope::Items`, not its string",
            ));
        };
        if paths.iter().any(|path| same(path, &expression.path)) {
            return Err(Error::new_spanned(&expression.path, "this scope is named twice"));
        }
        paths.push(expression.path);
    }
    Ok(paths)
}

fn same(one: &Path, other: &Path) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}

/// `"/path", key = "value", …`
struct RouteArguments {
    path: LitStr,
    keys: Vec<(Ident, LitStr)>,
}

impl Parse for RouteArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        let mut keys = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            if key != "tag" && key != "operation_id" {
                return Err(Error::new(
                    key.span(),
                    format!("there is no key `{key}` here; the keys are `tag` and `operation_id`"),
                ));
            }
            if keys.iter().any(|(present, _)| *present == key) {
                return Err(Error::new(key.span(), format!("`{key}` is given twice")));
            }
            input.parse::<Token![=]>()?;
            keys.push((key, input.parse()?));
        }
        Ok(Self { path, keys })
    }
}

fn route(kind: Kind, method: &'static str, span: Span, arguments: TokenStream) -> syn::Result<Route> {
    let name = kind.name();
    let example = if kind == Kind::TokenEndpoint { "/token" } else { "/items/{id}" };
    if arguments.is_empty() {
        return Err(Error::new(span, format!("#[{name}] needs the path: #[{name}(\"{example}\")]")));
    }
    let starts_with_text =
        arguments.clone().into_iter().next().is_some_and(|first| matches!(first, proc_macro2::TokenTree::Literal(_)));
    if !starts_with_text {
        return Err(Error::new_spanned(
            arguments,
            format!("the path comes first, as a string: #[{name}(\"{example}\")]"),
        ));
    }
    let RouteArguments { path, mut keys } = syn::parse2(arguments)?;
    check_path(&path)?;
    let mut take = |wanted: &str| {
        let index = keys.iter().position(|(key, _)| key == wanted)?;
        Some(keys.swap_remove(index).1)
    };
    Ok(Route { method, tag: take("tag"), operation_id: take("operation_id"), path: Some(path) })
}

/// Everything that axum would panic at, and what can only be a mistake.
fn check_path(literal: &LitStr) -> syn::Result<()> {
    let path = literal.value();
    let fault = |message: String| Err(Error::new_spanned(literal, message));
    let Some(inner) = path.strip_prefix('/') else {
        return fault(format!("a path begins with a slash: \"/{path}\""));
    };
    if let Some(odd) = path.chars().find(|&odd| odd.is_whitespace() || odd.is_control() || matches!(odd, '?' | '#')) {
        return fault(format!("a path has no {odd:?}; query parameters are an argument of the handler, `Query(..)`"));
    }
    if inner.contains("//") {
        return fault("this path has an empty segment: \"//\"".to_owned());
    }
    let mut names: Vec<&str> = Vec::new();
    let mut segments = inner.split('/').peekable();
    while let Some(segment) = segments.next() {
        if let Some(name) = segment.strip_prefix(':').or_else(|| segment.strip_prefix('*')) {
            let star = if segment.starts_with('*') { "*" } else { "" };
            return fault(format!("axum writes path parameters in braces: `{{{star}{name}}}`, not `{segment}`"));
        }
        let parameter = match (segment.find('{'), segment.find('}')) {
            (None, None) => continue,
            (Some(0), Some(end)) if end + 1 == segment.len() => segment.trim_matches(['{', '}']),
            _ => return fault(format!("a path parameter is a whole segment, `{{name}}`, and `{segment}` is not")),
        };
        let name = parameter.strip_prefix('*').unwrap_or(parameter);
        if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            return fault(format!("`{{{parameter}}}` names no parameter: use letters, digits and _"));
        }
        if parameter.starts_with('*') && segments.peek().is_some() {
            return fault(format!("`{{{parameter}}}` takes the rest of the path, so that nothing can follow it"));
        }
        if names.contains(&name) {
            return fault(format!("the parameter `{name}` is in this path twice"));
        }
        names.push(name);
    }
    Ok(())
}
