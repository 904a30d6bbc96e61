//! A type as an argument of a handler: what a user and a security scheme become, each by functions of the runtime.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Generics;

/// The impls for `ty` and for `Option` of it, in a block where `__private` is the runtime's. `generics` has the state as `__S`.
pub(crate) fn extractors(
    ty: &TokenStream,
    generics: &Generics,
    extract: &TokenStream,
    extract_optional: &TokenStream,
) -> TokenStream {
    let (parameters, _, clause) = generics.split_for_impl();
    let extractor = |name: TokenStream, yields: TokenStream, extract: &TokenStream| {
        quote! {
            #[automatically_derived]
            impl #parameters __private::axum::extract::#name<__S> for #ty #clause {
                type Rejection = __private::Rejection;

                // The future of the runtime as it is: one around it would be another for the compiler to look into.
                fn from_request_parts(
                    parts: &mut __private::axum::http::request::Parts,
                    state: &__S,
                ) -> impl ::core::future::Future<Output = ::core::result::Result<#yields, Self::Rejection>> + ::core::marker::Send {
                    __private::#extract(parts, state)
                }
            }
        }
    };
    let one = extractor(quote!(FromRequestParts), quote!(Self), extract);
    let optional = extractor(quote!(OptionalFromRequestParts), quote!(::core::option::Option<Self>), extract_optional);
    quote!(#one #optional)
}
