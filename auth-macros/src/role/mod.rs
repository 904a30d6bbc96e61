//! `#[derive(Role)]`.

mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{error::Errors, krate};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = errors
        .keep(syn::parse2(input))
        .and_then(|input| parse::roles(&input, &mut errors))
        .map(|roles| expand::expand(&roles, &krate::private()));
    let errors = errors.into_tokens();
    quote!(#errors #expanded)
}
