//! The type on which a handler is declared: what the guard enforces, and what the document says.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Generics, Ident, Visibility};

use crate::{
    docs,
    handler::Handler,
    krate::Private,
    route::Route,
    text::{braces, join, parentheses, semicolon, text},
};

/// Merged attributes are emitted again on the marker, with this argument, so that their imports count as used and another
/// crate's attribute of the same name reports an error of its own.
pub(crate) const MERGED: &str = "merged";

/// What is declared of a handler. Within, `__private` is the runtime's, but for `access`.
pub(crate) struct Glue {
    pub(crate) access: Access,
    pub(crate) asks: Asks,
    /// What the arguments take from the guard, each with a comma behind it.
    pub(crate) takes: TokenStream,
    pub(crate) options: TokenStream,
    /// What describes arguments and result, given an `operation`.
    pub(crate) description: TokenStream,
    pub(crate) checks: TokenStream,
}

/// How the guard enforces the policy.
pub(crate) enum Access {
    /// By a type of the runtime's.
    Named(&'static str),
    /// By this type.
    Of(TokenStream),
}

/// What a policy asks for.
pub(crate) enum Asks {
    Nothing,
    One(TokenStream),
    All(Vec<TokenStream>),
}

/// The type on which the handler is declared, and the declaration: one constant, since each is a body for the compiler to check.
pub(crate) fn endpoint(handler: &Handler, route: Option<&Route>, glue: &Glue, private: &Private) -> TokenStream {
    let marker = handler.marker();
    let at = private.path();
    let vis = &handler.function.vis;
    let hidden = (!matches!(vis, Visibility::Inherited)).then(|| quote!(#[doc(hidden)]));
    let merged = &handler.merged;
    let word = Ident::new(MERGED, Span::call_site());
    let attributes = quote!(#hidden #(#[#merged(#word)])*);
    let declared = braces(declaration(handler, route, glue, private));
    let constant = format!("const DECLARED: {at}::Declared =");
    let body = match &glue.access {
        Access::Named(name) => join([text(&format!("type Access = {at}::{name}; {constant}")), declared, semicolon()]),
        Access::Of(ty) => join([quote!(type Access = #ty;), text(&constant), declared, semicolon()]),
    };
    let generics = handler.marker_generics();
    let head = if generics.params.is_empty() {
        let routed = route.map_or_else(String::new, |_| format!("impl {at}::Routed for {marker} {{}}"));
        text(&format!("struct {marker} {{}} {routed} impl {at}::Endpoint for {marker}"))
    } else {
        let (impl_generics, parameters, clause) = generics.split_for_impl();
        let parameters_of_struct = generics.params.iter().map(without_bounds);
        let fields = marker_fields(&generics);
        let routed = route.map(|_| quote!(impl #impl_generics #private::Routed for #marker #parameters #clause {}));
        quote! {
            struct #marker<#(#parameters_of_struct),*> { #fields }
            #routed
            impl #impl_generics #private::Endpoint for #marker #parameters #clause
        }
    };
    join([attributes, vis.to_token_stream(), head, braces(body), glue.checks.clone()])
}

/// Nothing is written where nothing is said.
fn declaration(handler: &Handler, route: Option<&Route>, glue: &Glue, private: &Private) -> TokenStream {
    let Glue { asks, takes, options, description, .. } = glue;
    let at = private.path();
    let (constructor, requirements) = match asks {
        Asks::Nothing => ("public", TokenStream::new()),
        Asks::One(requirement) => ("asks", requirement.clone()),
        Asks::All(requirements) => ("asks_all", quote!(&[#(#requirements),*])),
    };
    let asks_types = route.is_some() || !takes.is_empty();
    let import = if asks_types { format!("use {at}::probe::*;") } else { format!("use {at};") };
    let name = syn::ext::IdentExt::unraw(handler.name()).to_string();
    let source = text(&format!("::core::module_path!(), {name:?},"));
    let takes = if takes.is_empty() { TokenStream::new() } else { quote!(.takes(&[#takes])) };
    let docs: Vec<&Expr> = docs::lines(&handler.function.attrs).collect();
    let docs = if docs.is_empty() { TokenStream::new() } else { quote!(.docs(&[#(#docs),*])) };
    let route = route.map_or_else(TokenStream::new, |route| {
        let Route { method, path, tag, operation_id, websocket } = route;
        let path = path.as_ref().map_or_else(|| "\"/\"".to_owned(), |path| path.token().to_string());
        let place = join([text(&format!("{method:?}, {path}, |operation|")), braces(description.clone())]);
        let tag = tag.as_ref().map(|tag| quote!(.tag(#tag)));
        let operation_id = operation_id.as_ref().map(|id| quote!(.operation_id(#id)));
        let websocket = websocket.then(|| quote!(.websocket()));
        let route = join([text("__private::Route::new"), parentheses(place), quote!(#tag #operation_id #websocket)]);
        join([quote!(.route), parentheses(route)])
    });
    join([
        text(&format!("{import} __private::Declared::{constructor}")),
        parentheses(join([source, requirements])),
        takes,
        docs,
        options.clone(),
        route,
    ])
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

/// A struct in braces takes no name among values, where the handler's own locals are.
fn marker_fields(generics: &Generics) -> Option<TokenStream> {
    let types: Vec<&Ident> = generics.type_params().map(|parameter| &parameter.ident).collect();
    (!types.is_empty()).then(|| quote!(generics: ::core::marker::PhantomData<fn() -> (#(#types,)*)>))
}
