//! From scopes to `impl Scope`.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Scope, Scopes};
use crate::docs;

pub(super) fn expand(scopes: &Scopes, private: &TokenStream) -> TokenStream {
    let name = &scopes.name;
    if scopes.scopes.is_empty() {
        return TokenStream::new();
    }
    let variants = scopes.scopes.iter().map(|scope| &scope.variant);
    let tokens = scopes.scopes.iter().map(|Scope { variant, token, .. }| quote!(Self::#variant => #token));
    let descriptions = scopes.scopes.iter().map(|Scope { variant, description, .. }| {
        let text = match docs::text(description) {
            Some(text) => quote!(#text),
            // A line that is a macro call, `include_str!` say, is put together by the compiler.
            None => quote!(::core::concat!(#(#description),*)),
        };
        quote!(Self::#variant => #text)
    });
    quote! {
        #[automatically_derived]
        impl #private::Scope for #name {
            fn as_str(&self) -> &'static str {
                match self {
                    #(#tokens,)*
                }
            }

            fn description(&self) -> &'static str {
                match self {
                    #(#descriptions,)*
                }
            }

            fn all() -> &'static [Self] {
                &[#(Self::#variants),*]
            }
        }
    }
}
