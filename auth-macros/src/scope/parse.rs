//! From an enum to scopes, each with its string and its description.

use proc_macro2::Span;
use syn::{Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Meta, spanned::Spanned};

use crate::{docs, error::Errors};

/// An enum of scopes.
pub(super) struct Scopes {
    pub(super) name: Ident,
    pub(super) scopes: Vec<Scope>,
}

pub(super) struct Scope {
    pub(super) variant: Ident,
    /// Empty behind an error.
    pub(super) token: String,
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
        let token = errors.keep(token(&variant.attrs, &variant.ident));
        if let Some(literal) = &token {
            let value = literal.value();
            if let Some(other) = scopes.iter().find(|scope| scope.token == value) {
                errors.at(
                    literal,
                    format!("`{}` has the scope \"{value}\" already: give each variant its own", other.variant),
                );
            }
        }
        scopes.push(Scope {
            variant: variant.ident.clone(),
            token: token.map(|literal| literal.value()).unwrap_or_default(),
            description: docs::lines(&variant.attrs).cloned().collect(),
        });
    }
    Some(Scopes { name: input.ident.clone(), scopes })
}

fn named(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("scope"))
}

fn token(attributes: &[Attribute], variant: &Ident) -> syn::Result<LitStr> {
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
    let literal: LitStr = syn::parse2(list.tokens.clone()).map_err(|_| {
        let span = if list.tokens.is_empty() { list.span() } else { list.tokens.span() };
        Error::new(span, "#[scope(..)] takes the scope string, and nothing else: #[scope(\"items\")]")
    })?;
    check(&literal.value(), literal.span())?;
    Ok(literal)
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
