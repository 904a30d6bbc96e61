//! `#[derive(SecurityScheme)]`.

mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{error::Errors, krate};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = errors
        .keep(syn::parse2(input))
        .and_then(|input| parse::scheme(input, &mut errors))
        .map(|scheme| expand::expand(&scheme, &krate::private()));
    let errors = errors.into_tokens();
    quote!(#errors #expanded)
}
