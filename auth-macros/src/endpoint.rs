//! The type on which a handler is declared: what the guard enforces, and what the document says.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Expr, Generics, Ident};

use crate::{docs, handler::Handler, route::Route};

/// Merged attributes are emitted again on the marker, with this argument, so that their imports count as used and another
/// crate's attribute of the same name reports an error of its own.
pub(crate) const MERGED: &str = "merged";

/// What is declared of a handler. Within, `__private` is the runtime's, but for `access`.
pub(crate) struct Glue {
    pub(crate) access: TokenStream,
    pub(crate) asks: Asks,
    /// What the arguments take from the guard, each.
    pub(crate) takes: Vec<TokenStream>,
    pub(crate) options: TokenStream,
    /// What describes arguments and result, given an `operation`.
    pub(crate) description: TokenStream,
    pub(crate) checks: TokenStream,
}

/// What a policy asks for.
pub(crate) enum Asks {
    Nothing,
    One(TokenStream),
    All(Vec<TokenStream>),
}

/// The type on which the handler is declared, and the declaration. Each constant is a body for the compiler to check, so that
/// there is one, and one more for the route.
pub(crate) fn endpoint(handler: &Handler, route: Option<&Route>, glue: &Glue, private: &TokenStream) -> TokenStream {
    let marker = handler.marker();
    let generics = handler.marker_generics();
    let (impl_generics, parameters, clause) = generics.split_for_impl();
    let vis = &handler.function.vis;
    let body = marker_body(&generics);
    let name = syn::ext::IdentExt::unraw(handler.name()).to_string();
    let docs: Vec<&Expr> = docs::lines(&handler.function.attrs).collect();
    let Glue { access, asks, takes, options, description, checks } = glue;
    let declared = generics.params.iter().map(without_bounds);
    let declared = if generics.params.is_empty() { TokenStream::new() } else { quote!(<#(#declared),*>) };
    let routed = route.map(|route| {
        let Route { method, path, tag, operation_id, websocket } = route;
        let websocket = websocket.then(|| quote!(.websocket()));
        let path = path.as_ref().map_or_else(|| quote!("/"), |path| quote!(#path));
        let tag = tag.as_ref().map(|tag| quote!(.tag(#tag)));
        let operation_id = operation_id.as_ref().map(|id| quote!(.operation_id(#id)));
        quote! {
            impl #impl_generics #private::Routed for #marker #parameters #clause {
                const ROUTE: #private::Route = {
                    use #private::{self, probe::*};
                    __private::Route::new(#method, #path, |operation| { #description }) #tag #operation_id #websocket
                };
            }
        }
    });
    let merged = &handler.merged;
    let word = Ident::new(MERGED, Span::call_site());
    let (constructor, requirements) = match asks {
        Asks::Nothing => (quote!(public), None),
        Asks::One(requirement) => (quote!(asks), Some(quote!(, #requirement))),
        Asks::All(requirements) => (quote!(asks_all), Some(quote!(, &[#(#requirements),*]))),
    };
    // Nothing is written where nothing is said.
    let (import, takes) = match takes.as_slice() {
        [] => (quote!(use #private;), None),
        takes => (quote!(use #private::{self, probe::*};), Some(quote!(.takes(&[#(#takes),*])))),
    };
    let docs = (!docs.is_empty()).then(|| quote!(.docs(&[#(#docs),*])));
    quote! {
        #[doc(hidden)]
        #(#[#merged(#word)])*
        #vis struct #marker #declared #body

        impl #impl_generics #private::Endpoint for #marker #parameters #clause {
            type Access = #access;
            const DECLARED: #private::Declared = {
                #import
                __private::Declared::#constructor(::core::module_path!(), #name #requirements) #takes #docs #options
            };
        }

        #routed
        #checks
    }
}

fn without_bounds(parameter: &syn::GenericParam) -> TokenStream {
    match parameter {
        syn::GenericParam::Type(parameter) => {
            let name = &parameter.ident;
            quote!(#name)
        }
        syn::GenericParam::Const(parameter) => {
            let (name, ty) = (&parameter.ident, &parameter.ty);
            quote!(const #name: #ty)
        }
        syn::GenericParam::Lifetime(parameter) => quote!(#parameter),
    }
}

/// In braces, since such a struct takes no name among values, where the handler's own locals are.
fn marker_body(generics: &Generics) -> TokenStream {
    let types: Vec<&Ident> = generics.type_params().map(|parameter| &parameter.ident).collect();
    if types.is_empty() { quote!({}) } else { quote!({ generics: ::core::marker::PhantomData<fn() -> (#(#types,)*)> }) }
}
