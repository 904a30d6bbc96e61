//! The type on which a handler is declared: what the guard enforces, and what the document says.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Generics, Ident};

use crate::{
    docs,
    handler::{Argument, Handler},
    krate::Private,
    route::Route,
    text::{braces, brackets, join, parentheses, text},
};

/// Merged attributes are emitted again on the marker, with this argument, so that their imports count as used and another
/// crate's attribute of the same name reports an error of its own.
pub(crate) const MERGED: &str = "merged";

/// What is declared of a handler. Within, `__private` is the runtime's, but for `access`.
pub(crate) struct Glue {
    /// The type that enforces the policy.
    pub(crate) access: TokenStream,
    pub(crate) asks: Asks,
    /// [`takes`] of the arguments.
    pub(crate) takes: TokenStream,
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

/// What these arguments take from the guard, a list.
pub(crate) fn takes<'a>(arguments: impl IntoIterator<Item = &'a Argument>) -> TokenStream {
    ask_each(arguments, ">::TAKES,")
}

/// The statements that describe these arguments.
pub(crate) fn descriptions<'a>(arguments: impl IntoIterator<Item = &'a Argument>) -> TokenStream {
    let documented = arguments.into_iter().filter(|argument| !argument.is_undocumented());
    ask_each(documented, ">::NEW.describe(operation);")
}

fn ask_each<'a>(arguments: impl IntoIterator<Item = &'a Argument>, question: &str) -> TokenStream {
    let (ask, question) = (text("__private::Argument::<"), text(question));
    let mut parts = Vec::new();
    for argument in arguments {
        let cfgs = &argument.cfgs;
        if !cfgs.is_empty() {
            parts.push(quote!(#(#cfgs)*));
        }
        parts.extend([ask.clone(), argument.tokens(), question.clone()]);
    }
    parts.into_iter().collect()
}

/// The type on which the handler is declared, and the declaration: one constant, since each is a body for the compiler to check.
pub(crate) fn endpoint(handler: &Handler, route: Option<&Route>, glue: Glue, private: &Private) -> TokenStream {
    let Glue { access, asks, takes, options, description, checks } = glue;
    let marker = handler.marker();
    let merged = &handler.merged;
    let word = Ident::new(MERGED, Span::call_site());
    let attributes = join([text("#[doc(hidden)]"), quote!(#(#[#merged(#word)])*)]);
    let generics = handler.marker_generics();
    // Without generics, all of it is text.
    let head = if generics.params.is_empty() {
        let routed = route.map_or_else(String::new, |_| format!("impl {private}::Routed for {marker} {{}}"));
        text(&format!("struct {marker} {{}} {routed} impl {private}::Endpoint for {marker}"))
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
    let route = route.map(|route| mount(route, description));
    let declared = declared(handler, asks, takes, options, route, private);
    let body = join([
        text("type Access ="),
        access,
        text(&format!("; const DECLARED: {private}::Declared =")),
        braces(declared),
        quote!(;),
    ]);
    join([attributes, handler.function.vis.to_token_stream(), head, braces(body), checks])
}

/// The value of `DECLARED`. Nothing is written where nothing is said.
fn declared(
    handler: &Handler,
    asks: Asks,
    takes: TokenStream,
    options: TokenStream,
    route: Option<TokenStream>,
    private: &Private,
) -> TokenStream {
    let (constructor, requirements) = match asks {
        Asks::Nothing => ("public", TokenStream::new()),
        Asks::One(requirement) => ("asks", join([requirement, text(",")])),
        Asks::All(requirements) => ("asks_all", quote!(&[#(#requirements),*],)),
    };
    let name = syn::ext::IdentExt::unraw(handler.name()).to_string();
    let place = text(&format!("::core::module_path!(), {name:?},"));
    let docs: Vec<&Expr> = docs::lines(&handler.function.attrs).collect();
    let docs = if docs.is_empty() { TokenStream::new() } else { quote!(.docs(&[#(#docs),*])) };
    join([
        text(&format!("use {private}::probe::*; __private::Declared::{constructor}")),
        parentheses(join([place, requirements, brackets(takes)])),
        docs,
        options,
        route.unwrap_or_default(),
    ])
}

/// Where it is mounted, and what describes it.
fn mount(route: &Route, description: TokenStream) -> TokenStream {
    let Route { method, path, tag, operation_id, websocket } = route;
    let path = path.as_ref().map_or_else(|| "\"/\"".to_owned(), |path| path.token().to_string());
    let arguments = join([text(&format!("{method:?}, {path}, |operation|")), braces(description)]);
    let tag = tag.as_ref().map(|tag| quote!(.tag(#tag)));
    let operation_id = operation_id.as_ref().map(|id| quote!(.operation_id(#id)));
    let websocket = websocket.then(|| quote!(.websocket()));
    let route = join([text("__private::Route::new"), parentheses(arguments), quote!(#tag #operation_id #websocket)]);
    join([quote!(.route), parentheses(route)])
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
