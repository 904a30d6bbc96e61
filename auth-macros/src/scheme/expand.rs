//! From a scheme to the impls that make it a word of policies and an argument of handlers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, parse_quote, spanned::Spanned};

use super::parse::{Authenticate, Flow, KeyIn, Place, Scheme};
use crate::{docs, extractor::extractors, krate::Private};

/// In a block where `__private` is the runtime's.
pub(super) fn expand(scheme: &Scheme, private: &Private) -> TokenStream {
    let ident = &scheme.ident;
    let declaration = declaration(scheme);
    let extractors = extractors(
        &quote!(#ident),
        &parse_quote!(<__S: __private::AuthState>),
        &quote!(extract_scheme),
        &quote!(extract_optional_scheme),
    );
    quote! {
        const _: () = {
            use #private;

            #declaration

            #[automatically_derived]
            impl __private::Word for #ident {
                const REQUIREMENT: __private::Requirement =
                    __private::Requirement::Scheme(&<Self as __private::SecurityScheme>::SCHEME, &[]);
            }

            #[automatically_derived]
            impl<__U> __private::AppliesTo<__U> for #ident {}

            #[automatically_derived]
            impl __private::GuardArgument for #ident {
                const TAKES: __private::Takes = __private::Takes::Scheme(&<Self as __private::SecurityScheme>::SCHEME);
                const TAKES_OPTIONAL: __private::Takes =
                    __private::Takes::OptionalScheme(&<Self as __private::SecurityScheme>::SCHEME);
            }

            #extractors
        };
    }
}

fn declaration(scheme: &Scheme) -> TokenStream {
    let Scheme { ident, field, yields, name, realm, bearer_format, .. } = scheme;
    let shown = ident.unraw().to_string();
    let place = place(&scheme.place);
    let description = docs::expression(&scheme.description);
    let name = name.as_ref().map(|name| quote!(.shown_as(#name)));
    let realm = realm.as_ref().map(|realm| quote!(.realm(#realm)));
    let bearer_format = bearer_format.as_ref().map(|format| quote!(.bearer_format(#format)));
    let of = match field {
        Some(field) => quote!(Self { #field: yields }),
        None => quote!(Self(yields)),
    };
    let yielded = match field {
        Some(field) => quote!(&self.#field),
        None => quote!(&self.0),
    };
    let checked = Some(quote_spanned! {yields.span()=>
        const _: () = {
            #[allow(unused_imports)]
            use __private::Somebody as _;
            __private::is_somebody(__private::Yielded::<#yields>::MAYBE_NOBODY);
        };
        #[automatically_derived]
        impl __private::Authenticates for #ident {}
    });
    let (credential, authenticator, check) = match &scheme.authenticate {
        None => (
            quote!(#yields),
            quote!(__private::Authenticator::HandOn(|credential| credential)),
            // Reported where the type stands.
            Some(quote_spanned!(yields.span() => const _: () = __private::reads::<#ident>();)),
        ),
        Some(Authenticate::By(function)) => {
            let by = quote_spanned!(function.span() => __private::Authenticator::by(#function));
            (credential(&scheme.place), by, checked)
        }
        Some(Authenticate::ByTheAuth) => {
            (credential(&scheme.place), quote!(__private::Authenticator::FromAuth), checked)
        }
    };
    quote! {
        #[automatically_derived]
        impl __private::SecurityScheme for #ident {
            type Yields = #yields;
            type Credential = #credential;

            const SCHEME: __private::SchemeInfo = __private::SchemeInfo::new::<Self>(
                __private::TypeName { module: ::core::module_path!(), name: #shown },
                #place,
                #description,
            ) #name #realm #bearer_format;

            fn of(yields: #yields) -> Self {
                #of
            }

            fn yields(&self) -> &#yields {
                #yielded
            }

            fn authenticator() -> __private::Authenticator<Self> {
                #authenticator
            }
        }

        #check
    }
}

/// What an authenticator is given.
fn credential(place: &Place) -> TokenStream {
    match place {
        Place::Basic => quote!(__private::BasicCredentials),
        Place::Http { scheme, .. } if !scheme.eq_ignore_ascii_case("bearer") => quote!(__private::HttpCredentials),
        _ => quote!(__private::Secret),
    }
}

fn place(place: &Place) -> TokenStream {
    match place {
        Place::Basic => quote!(__private::Place::Http { scheme: "Basic", any_scheme: false }),
        Place::Http { scheme, any_scheme } => {
            quote!(__private::Place::Http { scheme: #scheme, any_scheme: #any_scheme })
        }
        Place::ApiKey { place, name } => {
            let place = match place {
                KeyIn::Header => quote!(Header),
                KeyIn::Query => quote!(Query),
                KeyIn::Cookie => quote!(Cookie),
            };
            quote!(__private::Place::ApiKey(__private::KeyIn::#place, #name))
        }
        Place::OAuth2 { flows, scopes } => {
            let flows = flows.iter().map(flow);
            let scopes = match scopes {
                Some(scopes) => quote_spanned!(scopes.span() => __private::known_scopes::<#scopes>),
                None => quote!(::std::vec::Vec::new),
            };
            quote!(__private::Place::OAuth2(&[#(#flows),*], #scopes))
        }
        Place::OpenIdConnect(url) => quote!(__private::Place::OpenIdConnect(#url)),
    }
}

fn flow(Flow { kind, authorization_url, token_url, refresh_url }: &Flow) -> TokenStream {
    let kind = Ident::new(kind, Span::call_site());
    let or_empty = |url: &Option<syn::LitStr>| url.as_ref().map_or_else(|| quote!(""), |url| quote!(#url));
    let (authorization_url, token_url) = (or_empty(authorization_url), or_empty(token_url));
    let refresh_url = match refresh_url {
        Some(url) => quote!(::core::option::Option::Some(#url)),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        __private::Flow {
            kind: __private::FlowKind::#kind,
            authorization_url: #authorization_url,
            token_url: #token_url,
            refresh_url: #refresh_url,
        }
    }
}
