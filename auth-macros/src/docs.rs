//! Doc comments, as the text that a document shows.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The expressions of the `#[doc = …]` attributes, a line each where they are doc comments.
pub(crate) fn lines(attributes: &[Attribute]) -> impl Iterator<Item = &Expr> {
    attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(&doc.value),
        _ => None,
    })
}

/// The text of these lines, in paragraphs; `None` if one of them is not a literal.
pub(crate) fn text(lines: &[Expr]) -> Option<String> {
    let mut text = String::new();
    let mut paragraph_ended = false;
    for line in lines {
        let Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) = line else { return None };
        // A block comment is one literal of several lines.
        for line in literal.value().split('\n').map(str::trim) {
            if line.is_empty() {
                paragraph_ended = true;
                continue;
            }
            if !text.is_empty() {
                text.push_str(if paragraph_ended { "\n\n" } else { " " });
            }
            paragraph_ended = false;
            text.push_str(line);
        }
    }
    Some(text)
}

/// The text as an expression: a line that is a macro call, `include_str!` say, is put together by the compiler.
pub(crate) fn expression(lines: &[Expr]) -> TokenStream {
    match text(lines) {
        Some(text) => quote!(#text),
        None => quote!(::core::concat!(#(#lines),*)),
    }
}
