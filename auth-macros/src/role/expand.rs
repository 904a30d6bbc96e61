//! From roles to `impl Role`, and to a word of policies.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Role, Roles};
use crate::{docs, krate::Private};

pub(super) fn expand(roles: &Roles, private: &Private) -> TokenStream {
    let name = &roles.name;
    let variants: Vec<_> = roles.roles.iter().map(|role| &role.variant).collect();
    let names = roles.roles.iter().map(|Role { variant, name, .. }| quote!(Self::#variant => #name));
    let descriptions = roles.roles.iter().map(|Role { variant, description, .. }| {
        let text = docs::expression(description);
        quote!(Self::#variant => #text)
    });
    let includes = variants.iter().zip(&roles.includes).map(|(variant, places)| {
        let included = places.iter().filter_map(|place| variants.get(*place));
        quote!(Self::#variant => &[#(Self::#included),*])
    });
    quote! {
        #[automatically_derived]
        impl #private::Role for #name {
            fn as_str(&self) -> &'static str {
                match self {
                    #(#names,)*
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

            fn includes(&self) -> &'static [Self] {
                match self {
                    #(#includes,)*
                }
            }

            fn as_any(&self) -> &dyn ::core::any::Any {
                self
            }
        }

        #[automatically_derived]
        impl #private::Authority for #name {
            fn granted(&self) -> #private::Granted<'_> {
                #private::Granted::Role(self)
            }
        }

        #[automatically_derived]
        impl<__U: #private::HasRole<#name>> #private::AppliesTo<__U> for #name {}
    }
}
