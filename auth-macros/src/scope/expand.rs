//! From scopes to `impl Scope`.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Scope, Scopes};
use crate::{docs, krate::Private};

pub(super) fn expand(scopes: &Scopes, private: &Private) -> TokenStream {
    let name = &scopes.name;
    if scopes.scopes.is_empty() {
        return TokenStream::new();
    }
    let variants = scopes.scopes.iter().map(|scope| &scope.variant);
    let tokens = scopes.scopes.iter().map(|Scope { variant, token, .. }| quote!(Self::#variant => #token));
    let descriptions = scopes.scopes.iter().map(|Scope { variant, description, .. }| {
        let text = docs::expression(description);
        quote!(Self::#variant => #text)
    });
    let implied_by = scopes.scopes.iter().zip(&scopes.implied_by).filter(|(_, implying)| !implying.is_empty()).map(
        |(Scope { variant, .. }, implying)| {
            let tokens = implying.iter().filter_map(|place| scopes.scopes.get(*place)).map(|scope| &scope.token);
            quote!(Self::#variant => &[#(#tokens),*])
        },
    );
    let implied_by: Vec<TokenStream> = implied_by.collect();
    let rest = (implied_by.len() < scopes.scopes.len()).then(|| quote!(_ => &[],));
    let implied_by = (!implied_by.is_empty()).then(|| {
        quote! {
            fn implied_by(&self) -> &'static [&'static str] {
                match self {
                    #(#implied_by,)*
                    #rest
                }
            }
        }
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

            #implied_by

            fn all() -> &'static [Self] {
                &[#(Self::#variants),*]
            }
        }

        #[automatically_derived]
        impl #private::Authority for #name {
            fn granted(&self) -> #private::Granted<'_> {
                #private::Granted::Scope(self)
            }
        }

        #[automatically_derived]
        impl<__U> #private::AppliesTo<__U> for #name {}
    }
}
