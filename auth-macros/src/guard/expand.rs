//! From a declaration to code: the function with a guard as its first argument, and what the guard enforces.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::valid::{Caller, Guarded, Policy};
use crate::{
    endpoint::{Glue, endpoint},
    handler::{Argument, Handler},
};

pub(super) fn expand(mut handler: Handler, guarded: &Guarded, private: &TokenStream) -> TokenStream {
    let arguments: Vec<Argument> = handler.arguments().collect();
    let concrete: Vec<&Argument> = arguments.iter().filter(|argument| handler.is_concrete(&argument.ty)).collect();
    let glue = Glue {
        access: access(guarded, &concrete),
        policy: policy(guarded),
        takes: takes(&arguments),
        describe: describe(&handler, &arguments),
        checks: if guarded.policy.is_public() { public_checks(&concrete) } else { TokenStream::new() },
    };
    let endpoint = endpoint(&handler, guarded.route.as_ref(), &glue, private);
    handler.add_guard(private);
    let function = &handler.function;
    quote!(#function #endpoint)
}

fn access(guarded: &Guarded, concrete: &[&Argument]) -> TokenStream {
    match &guarded.policy {
        _ if guarded.closed => quote!(__private::Closed),
        Policy::Caller(..) => quote!(__private::Protected),
        Policy::Public if concrete.is_empty() => quote!(__private::Open<false>),
        Policy::Public => {
            let takes = concrete.iter().map(|argument| take(argument));
            quote!(__private::Open<{ __private::knows_user(&[#(#takes),*]) }>)
        }
    }
}

fn policy(guarded: &Guarded) -> TokenStream {
    match &guarded.policy {
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
    }
}

/// What the arguments take from the guard; nothing is written where there are none.
fn takes(arguments: &[Argument]) -> TokenStream {
    if arguments.is_empty() {
        return TokenStream::new();
    }
    let each = arguments.iter().map(take);
    quote!(const TAKES: &'static [__private::Takes] = &[#(#each),*];)
}

fn take(Argument { cfgs, ty }: &Argument) -> TokenStream {
    quote!(#(#cfgs)* __private::Argument::<#ty>::TAKES)
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
fn public_checks(arguments: &[&Argument]) -> TokenStream {
    let checks = arguments.iter().map(|Argument { cfgs, ty }| {
        quote_spanned! {ty.span()=>
            #(#cfgs)*
            const _: () = __private::public_takes(__private::Argument::<#ty>::TAKES);
        }
    });
    quote!(#(#checks)*)
}
