//! From attributes to annotations.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, ExprPath, Meta, Path, Token, parse::Parser, punctuated::Punctuated, spanned::Spanned,
};

use crate::{
    endpoint::MERGED,
    error::Errors,
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
    Scopes(Vec<ExprPath>),
    /// It has an error, which is reported.
    Broken,
}

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
        Kind::Method(method) => route::parse(kind.name(), "/items/{id}", method, span, arguments).map(Content::Route),
        Kind::TokenEndpoint => route::parse(kind.name(), "/token", "POST", span, arguments).map(Content::Route),
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

fn scopes(span: Span, arguments: TokenStream) -> syn::Result<Vec<ExprPath>> {
    let expressions = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(arguments)?;
    if expressions.is_empty() {
        return Err(Error::new(
            span,
            "#[requires_scopes] names at least one scope, such as `Scope::Items`; for a token of any scope, write #[requires_token]",
        ));
    }
    let mut paths: Vec<ExprPath> = Vec::new();
    for expression in expressions {
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

fn same(one: &ExprPath, other: &ExprPath) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
