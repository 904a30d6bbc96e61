//! From a declaration to code: the function with a guard as its first argument, and what the guard enforces.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{FnArg, Ident, parse_quote, spanned::Spanned};

use super::valid::{Caller, Guarded, Policy};
use crate::{
    endpoint::{Glue, endpoint},
    handler::{Argument, Handler},
};

pub(super) fn expand(mut handler: Handler, guarded: &Guarded, private: &TokenStream) -> TokenStream {
    let arguments: Vec<Argument> = handler.arguments().collect();
    let generic = !handler.marker_generics().params.is_empty();
    let glue = Glue {
        access: access(&guarded.policy, &handler, &arguments, generic),
        policy: policy(guarded),
        takes: takes(&arguments),
        describe: describe(&handler, &arguments),
        checks: match guarded.policy {
            Policy::Public if !generic => public_checks(&arguments),
            _ => TokenStream::new(),
        },
    };
    let endpoint = endpoint(&handler, guarded.route.as_ref(), &glue, private);
    guard(&mut handler, private);
    let function = &handler.function;
    quote!(#function #endpoint)
}

/// Puts the guard before the other arguments, where axum extracts it first.
fn guard(handler: &mut Handler, private: &TokenStream) {
    let marker = handler.marker();
    let generics = handler.marker_generics();
    let (_, parameters, _) = generics.split_for_impl();
    let guard = Ident::new("_guard", Span::mixed_site());
    let argument: FnArg = parse_quote!(#guard: #private::Guard<#marker #parameters>);
    handler.function.sig.inputs.insert(0, argument);
}

fn access(policy: &Policy, handler: &Handler, arguments: &[Argument], generic: bool) -> TokenStream {
    match policy {
        Policy::Public if arguments.is_empty() || generic => quote!(__private::Open<false>),
        Policy::Public => {
            let marker = handler.marker();
            quote!(__private::Open<{ __private::knows_user(<#marker as __private::Endpoint>::TAKES) }>)
        }
        Policy::Caller(..) => quote!(__private::Protected),
    }
}

fn policy(guarded: &Guarded) -> TokenStream {
    let policy = match &guarded.policy {
        Policy::Public => quote!(__private::Policy::PUBLIC),
        Policy::Caller(caller, scopes) => {
            let caller = match caller {
                Caller::Token if scopes.is_empty() => Some(quote!(__private::Requirement::Token)),
                Caller::Token => None,
                Caller::User => Some(quote!(__private::Requirement::User)),
                Caller::ActiveUser => Some(quote!(__private::Requirement::ActiveUser)),
            };
            let scopes = (!scopes.is_empty()).then(|| {
                let scopes = scopes.iter().map(|scope| quote_spanned!(scope.span() => &#scope));
                quote!(__private::Requirement::Scopes(&[#(#scopes),*]))
            });
            let requirements = caller.into_iter().chain(scopes);
            quote!(__private::Policy::all(&[#(#requirements),*]))
        }
    };
    // The scopes stay named, so that an error is not followed by a warning that they are unused.
    if guarded.closed { quote!(#policy.closed()) } else { policy }
}

/// What the arguments take from the guard; nothing is written where there are none.
fn takes(arguments: &[Argument]) -> TokenStream {
    if arguments.is_empty() {
        return TokenStream::new();
    }
    let each = arguments.iter().map(|Argument { cfgs, ty }| quote!(#(#cfgs)* __private::Argument::<#ty>::TAKES));
    quote!(const TAKES: &'static [__private::Takes] = &[#(#each),*];)
}

fn describe(handler: &Handler, arguments: &[Argument]) -> TokenStream {
    let arguments = arguments
        .iter()
        .map(|Argument { cfgs, ty }| quote!(#(#cfgs)* __private::Argument::<#ty>::NEW.describe(operation);));
    let output = match handler.output() {
        Some(ty) => quote!(__private::Output::<#ty>::NEW.describe(operation);),
        None => quote!(__private::Output::<__private::axum::response::Response>::NEW.describe(operation);),
    };
    quote! {
        fn describe(operation: &mut __private::Describe) {
            #(#arguments)*
            #output
        }
    }
}

/// A public handler that takes a user does not compile: the error stands at the argument's type.
fn public_checks(arguments: &[Argument]) -> TokenStream {
    let checks = arguments.iter().map(|Argument { cfgs, ty }| {
        quote_spanned! {ty.span()=>
            #(#cfgs)*
            const _: () = __private::public_takes(__private::Argument::<#ty>::TAKES);
        }
    });
    quote!(#(#checks)*)
}
