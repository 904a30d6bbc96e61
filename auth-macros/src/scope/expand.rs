//! From scopes to `impl Scope`.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Scope, Scopes};

pub(super) fn expand(scopes: &Scopes, private: &TokenStream) -> TokenStream {
    let name = &scopes.name;
    if scopes.scopes.is_empty() {
        return TokenStream::new();
    }
    let variants = scopes.scopes.iter().map(|scope| &scope.variant);
    let tokens = scopes.scopes.iter().map(|Scope { variant, token, .. }| quote!(Self::#variant => #token));
    let descriptions = scopes.scopes.iter().map(|Scope { variant, description, .. }| match description.as_slice() {
        [syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(only), .. })] => {
            let only = only.value();
            let only = only.trim();
            quote!(Self::#variant => #only)
        }
        lines => quote!(Self::#variant => ::core::concat!(#(#lines),*)),
    });
    quote! {
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
