//! From an enum to scopes, each with its string and its description.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Meta, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{
    docs,
    error::Errors,
    hierarchy::{self, Node},
};

/// An enum of scopes.
pub(super) struct Scopes {
    pub(super) name: Ident,
    pub(super) scopes: Vec<Scope>,
    /// For each scope the places of those that are as good as it.
    pub(super) implied_by: Vec<Vec<usize>>,
}

pub(super) struct Scope {
    pub(super) variant: Ident,
    /// Empty behind an error.
    pub(super) token: String,
    implies: Vec<Ident>,
    pub(super) description: Vec<Expr>,
}

/// The scopes; `None` if this is no enum at all. A variant with an error still counts, so that uses of it compile.
pub(super) fn scopes(input: &DeriveInput, errors: &mut Errors) -> Option<Scopes> {
    let Data::Enum(data) = &input.data else {
        errors.at(&input.ident, "scopes are the variants of an enum: `enum Scope { #[scope(\"items\")] Items }`");
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "an enum of scopes has no generics: its variants are all there is to it");
        return None;
    }
    if data.variants.is_empty() {
        errors.at(&input.ident, "this enum has no scopes: add a variant such as `#[scope(\"items\")] Items`");
    }
    for attribute in named(&input.attrs) {
        errors.at(attribute, "#[scope(..)] goes on the variants, not on the enum");
    }

    let mut scopes: Vec<Scope> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(&variant.fields, "a scope is a variant without fields");
            return None;
        }
        let said = errors.keep(said(&variant.attrs, &variant.ident));
        if let Some(Said { token: literal, .. }) = &said {
            let value = literal.value();
            if let Some(other) = scopes.iter().find(|scope| scope.token == value) {
                errors.at(
                    literal,
                    format!("`{}` has the scope \"{value}\" already: give each variant its own", other.variant),
                );
            }
        }
        let (token, implies) = said.map(|Said { token, implies }| (token.value(), implies)).unwrap_or_default();
        scopes.push(Scope {
            variant: variant.ident.clone(),
            token,
            implies,
            description: docs::lines(&variant.attrs).cloned().collect(),
        });
    }
    let implied_by = implied_by(&scopes, errors);
    Some(Scopes { name: input.ident.clone(), scopes, implied_by })
}

/// Who is as good as whom: by `implies(..)`, through others as well, and by a wildcard, `items:*`.
fn implied_by(scopes: &[Scope], errors: &mut Errors) -> Vec<Vec<usize>> {
    let named: Vec<Vec<Ident>> = scopes
        .iter()
        .map(|scope| {
            let prefix = scope.token.strip_suffix('*').filter(|prefix| prefix.ends_with(':'));
            let covered = |other: &&Scope| {
                prefix.is_some_and(|prefix| other.token.starts_with(prefix) && other.token != scope.token)
            };
            scope
                .implies
                .iter()
                .cloned()
                .chain(scopes.iter().filter(covered).map(|other| other.variant.clone()))
                .collect()
        })
        .collect();
    let nodes: Vec<Node<'_>> =
        scopes.iter().zip(&named).map(|(scope, includes)| Node { name: &scope.variant, includes }).collect();
    let mut implied_by = vec![Vec::new(); scopes.len()];
    let closure = errors.keep(hierarchy::closure(&nodes, "implies")).unwrap_or_default();
    for (implying, implied) in closure.iter().enumerate() {
        for place in implied {
            if let Some(found) = implied_by.get_mut(*place) {
                found.push(implying);
            }
        }
    }
    implied_by
}

fn named(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("scope"))
}

/// `"items:write", implies(ReadItems)`
struct Said {
    token: LitStr,
    implies: Vec<Ident>,
}

impl Parse for Said {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let token = input.parse()?;
        let mut implies = Vec::new();
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
        if !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "implies" {
                return Err(Error::new(key.span(), format!("there is no key `{key}` here; write `implies(..)`")));
            }
            let content;
            parenthesized!(content in input);
            implies = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        }
        Ok(Self { token, implies })
    }
}

fn said(attributes: &[Attribute], variant: &Ident) -> syn::Result<Said> {
    let mut attributes = named(attributes);
    let Some(attribute) = attributes.next() else {
        let suggestion = variant.to_string().to_lowercase();
        return Err(Error::new(
            variant.span(),
            format!("`{variant}` has no scope string: write #[scope(\"{suggestion}\")] above it"),
        ));
    };
    if let Some(second) = attributes.next() {
        return Err(Error::new_spanned(second, "a variant is one scope: remove the second #[scope(..)]"));
    }
    let Meta::List(list) = &attribute.meta else {
        return Err(Error::new_spanned(attribute, "the scope string is in parentheses: #[scope(\"items\")]"));
    };
    let said: Said = syn::parse2(list.tokens.clone()).map_err(|_| {
        let span = if list.tokens.is_empty() { list.span() } else { list.tokens.span() };
        Error::new(span, "#[scope(..)] takes the scope string, #[scope(\"items\")], and the scopes that it implies, if any: #[scope(\"items:write\", implies(ReadItems))]")
    })?;
    check(&said.token.value(), said.token.span())?;
    Ok(said)
}

/// RFC 6749 section 3.3: printable ASCII without space, quote and backslash.
fn check(token: &str, span: Span) -> syn::Result<()> {
    let message = match token.chars().find(|&letter| !matches!(letter, '!'..='~') || matches!(letter, '"' | '\\')) {
        _ if token.is_empty() => "a scope string is not empty".to_owned(),
        None => return Ok(()),
        Some(' ') => format!(
            "a scope string has no space, which separates one scope from the next: \"{}\"",
            token.replace(' ', ":")
        ),
        Some(odd) => format!(
            "a scope string is printable ASCII without quotes and backslashes (RFC 6749 section 3.3), and {odd:?} is not"
        ),
    };
    Err(Error::new(span, message))
}
