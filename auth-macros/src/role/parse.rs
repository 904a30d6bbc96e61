//! From an enum to roles, each with its name and those that it includes.

use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Meta, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::{
    docs,
    error::Errors,
    hierarchy::{self, Node},
};

/// An enum of roles.
pub(super) struct Roles {
    pub(super) name: Ident,
    pub(super) roles: Vec<Role>,
    /// For each role the places of those that it includes.
    pub(super) includes: Vec<Vec<usize>>,
}

pub(super) struct Role {
    pub(super) variant: Ident,
    /// Empty behind an error.
    pub(super) name: String,
    includes: Vec<Ident>,
    pub(super) description: Vec<Expr>,
}

/// The roles; `None` if this is no enum at all. A variant with an error still counts, so that uses of it compile.
pub(super) fn roles(input: &DeriveInput, errors: &mut Errors) -> Option<Roles> {
    let Data::Enum(data) = &input.data else {
        errors.at(&input.ident, "roles are the variants of an enum: `enum Role { #[role(\"admin\")] Admin }`");
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "an enum of roles has no generics: its variants are all there is to it");
        return None;
    }
    if data.variants.is_empty() {
        errors.at(&input.ident, "this enum has no roles: add a variant such as `#[role(\"admin\")] Admin`");
        return None;
    }
    for attribute in named(&input.attrs) {
        errors.at(attribute, "#[role(..)] goes on the variants, not on the enum");
    }
    let mut roles: Vec<Role> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(&variant.fields, "a role is a variant without fields");
            return None;
        }
        let said = errors.keep(said(&variant.attrs, &variant.ident));
        if let Some(Said { name, .. }) = &said
            && let Some(other) = roles.iter().find(|role| role.name == name.value())
        {
            errors.at(
                name,
                format!("`{}` is called \"{}\" already: give each role its own name", other.variant, name.value()),
            );
        }
        let (name, includes) = said.map(|Said { name, includes }| (name.value(), includes)).unwrap_or_default();
        roles.push(Role {
            variant: variant.ident.clone(),
            name,
            includes,
            description: docs::lines(&variant.attrs).cloned().collect(),
        });
    }
    let nodes: Vec<Node<'_>> =
        roles.iter().map(|role| Node { name: &role.variant, includes: &role.includes }).collect();
    let includes = errors.keep(hierarchy::closure(&nodes, "includes")).unwrap_or_else(|| vec![Vec::new(); roles.len()]);
    Some(Roles { name: input.ident.clone(), roles, includes })
}

fn named(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("role"))
}

/// `"admin", includes(Editor, Viewer)`
struct Said {
    name: LitStr,
    includes: Vec<Ident>,
}

impl Parse for Said {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: LitStr = input
            .parse()
            .map_err(|error| Error::new(error.span(), "#[role(..)] begins with the role's name: #[role(\"admin\")]"))?;
        if name.value().trim().is_empty() {
            return Err(Error::new(name.span(), "a role's name is not empty"));
        }
        let mut includes = Vec::new();
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        if !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "includes" {
                return Err(Error::new(
                    key.span(),
                    format!(
                        "there is no key `{key}` here; write `includes(Editor)` for the roles that this one includes"
                    ),
                ));
            }
            let content;
            parenthesized!(content in input);
            includes = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?.into_iter().collect();
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        if !input.is_empty() {
            return Err(input.error("nothing follows the roles that are included"));
        }
        Ok(Self { name, includes })
    }
}

fn said(attributes: &[Attribute], variant: &Ident) -> syn::Result<Said> {
    let mut attributes = named(attributes);
    let Some(attribute) = attributes.next() else {
        let suggestion = variant.to_string().to_lowercase();
        return Err(Error::new(
            variant.span(),
            format!("`{variant}` has no name: write #[role(\"{suggestion}\")] above it"),
        ));
    };
    if let Some(second) = attributes.next() {
        return Err(Error::new_spanned(second, "a variant is one role: remove the second #[role(..)]"));
    }
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.parse_args(),
        _ => Err(Error::new_spanned(attribute, "the role's name is in parentheses: #[role(\"admin\")]")),
    }
}
