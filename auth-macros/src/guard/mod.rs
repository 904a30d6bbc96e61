//! The attributes of a handler: they are stacked, and the outermost one expands them all.

mod expand;
mod parse;
mod valid;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

pub(crate) use self::parse::Kind;
use self::valid::Declaration;
use crate::{error::Errors, function::Function, handler::Handler, krate, text::join, token_endpoint};

/// Expands a group's attribute on a function: one that no other attribute of ours has merged is on no handler.
pub(crate) fn member(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let alone = Function::of(item.clone()).is_ok_and(|function| {
        function.is_ok_and(|function| {
            !Handler::is_guarded(&function) && !parse::any_of_ours(&function.attrs, &krate::name())
        })
    });
    if alone { item } else { attribute(Kind::Group, arguments, item) }
}

/// Expands an attribute, and with it those below it.
pub(crate) fn attribute(kind: Kind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    if parse::is_merged(&arguments) && is_struct(&item) {
        return item;
    }
    let mut errors = Errors::default();
    let parsed = match Function::of(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            errors.push(error);
            let errors = errors.into_tokens();
            return quote!(#errors #item);
        }
    };
    let Some(mut handler) = Handler::of(parsed, kind.name(), &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#errors #item);
    };
    let krate = krate::name();
    let annotations =
        parse::annotations(kind, arguments, &mut handler.function.attrs, &krate, &mut handler.merged, &mut errors);
    let declaration = valid::declaration(annotations, &mut errors);

    let private = krate::private_of(krate);
    let expanded = match declaration {
        Declaration::TokenEndpoint(route, overrides_group) => {
            token_endpoint::expand(handler, &route, overrides_group, &private, &mut errors)
        }
        // Behind an error stands a handler that nobody may call.
        Declaration::Guarded(guarded) if errors.is_empty() => expand::expand(handler, &guarded, &private),
        Declaration::Guarded(guarded) => expand::expand(handler, &guarded.closed(), &private),
    };
    join([errors.into_tokens(), expanded])
}

fn is_struct(item: &TokenStream) -> bool {
    item.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "struct"))
}
