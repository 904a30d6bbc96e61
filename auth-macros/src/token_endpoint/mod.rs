//! `#[token_endpoint]`: the function is called with a user whose password was right, and its grant becomes a token.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, FnArg, Ident, PatType, ReturnType, Type, parse_quote, spanned::Spanned};

use crate::{
    endpoint::{Asks, Glue, descriptions, endpoint},
    error::Errors,
    handler::{Argument, Handler},
    krate::Private,
    route::Route,
};

const SHAPE: &str = "`async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope>`";

/// Attributes of the language that can stand above a function and are not about its arguments.
const BUILT_IN: [&str; 9] = ["doc", "allow", "expect", "warn", "deny", "forbid", "deprecated", "must_use", "cfg"];

/// The signature, taken apart.
struct Signature {
    user: Type,
    extractors: Vec<Type>,
    form: Type,
    output: Type,
}

pub(crate) fn expand(
    mut handler: Handler,
    route: &Route,
    overrides_group: bool,
    private: &Private,
    errors: &mut Errors,
) -> TokenStream {
    let overrides_group = overrides_group.then(|| quote!(.options(__private::Options::NONE.overrides_group())));
    let signature = parse(&handler, errors);
    let mut glue = Glue {
        access: quote!(#private::Closed),
        asks: Asks::Nothing,
        takes: TokenStream::new(),
        options: quote!(#overrides_group),
        description: description(&handler, signature.as_ref()),
        checks: TokenStream::new(),
    };
    let Some(signature) = signature else {
        // Behind an error stands a handler that nobody may call.
        let endpoint = endpoint(&handler, Some(route), glue, private);
        handler.add_guard(None, private);
        let function = &handler.function;
        return quote!(#function #endpoint);
    };
    if errors.is_empty() {
        let user = &signature.user;
        glue.access = quote!(#private::TokenEndpoint<#user>);
    }
    let endpoint = endpoint(&handler, Some(route), glue, private);
    let function = function(handler, &signature, private);
    quote!(#function #endpoint)
}

fn parse(handler: &Handler, errors: &mut Errors) -> Option<Signature> {
    let signature = &handler.function.sig;
    let mut types: Vec<Type> = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(PatType { ty, .. }) => Some(ty.as_ref().clone()),
            FnArg::Receiver(_) => None,
        })
        .collect();
    if types.len() < 2 {
        errors.at(&signature.ident, format!("a token endpoint takes the user first and the form last: {SHAPE}"));
        return None;
    }
    let ReturnType::Type(_, output) = &signature.output else {
        errors.at(&signature.ident, format!("a token endpoint returns a grant: {SHAPE}"));
        return None;
    };
    let form = types.pop()?;
    let user = types.remove(0);
    Some(Signature { user, extractors: types, form, output: output.as_ref().clone() })
}

/// The bounds of these calls are what reports an argument or a result of a wrong type, at that type.
fn description(handler: &Handler, signature: Option<&Signature>) -> TokenStream {
    let calls = signature.map(|Signature { user, form, output, .. }| {
        let user = quote_spanned!(user.span() => operation.login_user::<#user>(););
        let form = quote_spanned!(form.span() => operation.login_form::<#form>(););
        let output = quote_spanned!(output.span() => operation.grant::<#output>(););
        let arguments: Vec<Argument> = handler.arguments().collect();
        let between = descriptions(arguments.iter().skip(1).rev().skip(1).rev());
        quote!(#user #form #between #output)
    });
    quote!(#calls)
}

/// The function that axum calls, with the user's own inside.
fn function(handler: Handler, signature: &Signature, private: &Private) -> TokenStream {
    let marker = handler.marker();
    let generics = handler.marker_generics();
    let (_, parameters, _) = generics.split_for_impl();
    let turbofish = parameters.as_turbofish();
    let mut outer = handler.function.clone();
    let mut inner = handler.function;
    // What the compiler itself reads stays outside, and covers the function inside; other macros know the arguments by the
    // names that the function inside has.
    let built_in = |attribute: &Attribute| BUILT_IN.iter().any(|name| attribute.path().is_ident(name));
    outer.attrs.retain(built_in);
    inner.attrs.retain(|attribute| !built_in(attribute));
    inner.vis = syn::Visibility::Inherited;

    // The function inside may have any name, and an item in a block comes before an argument of its name.
    let local = |name: &str| Ident::new(name, Span::mixed_site());
    let (login, issuer, user, form) = (local("__login"), local("__issuer"), local("__user"), local("__form"));
    let names: Vec<Ident> = (1..=signature.extractors.len())
        .map(|number| format_ident!("__extractor{number}", span = Span::mixed_site()))
        .collect();
    let Signature { user: user_type, extractors, form: form_type, output } = signature;
    outer.sig.inputs = parse_quote! {
        _: #private::Guard<#marker #parameters>,
        #(#names: #extractors,)*
        #login: #private::Login<#user_type, #form_type>
    };
    outer.sig.output = parse_quote!(-> #private::axum::response::Response);
    let name = &inner.sig.ident;
    // A result that is no grant is reported where its type stands.
    let respond = quote_spanned!(output.span() => #issuer.respond(#name #turbofish (#user, #(#names,)* #form)).await);
    outer.body = quote!({
        #inner
        match #login.into_parts() {
            ::core::result::Result::Ok((#issuer, #user, #form)) => #respond,
            ::core::result::Result::Err(response) => *response,
        }
    });
    quote!(#outer)
}
