//! Doc comments, as the text that a document shows.

use syn::{Attribute, Expr, Meta};

/// The expressions of the `#[doc = …]` attributes, a line each where they are doc comments.
pub(crate) fn lines(attributes: &[Attribute]) -> impl Iterator<Item = &Expr> {
    attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(&doc.value),
        _ => None,
    })
}
