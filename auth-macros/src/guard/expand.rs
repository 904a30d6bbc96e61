//! From a declaration to code: the function with a guard as its first argument, and what the guard enforces.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{parse_quote, spanned::Spanned};

use super::{
    parse::Rule,
    valid::{Caller, Guarded, Policy},
};
use crate::{
    endpoint::{Glue, endpoint},
    expression,
    handler::{Argument, Handler},
};

pub(super) fn expand(mut handler: Handler, guarded: &Guarded, private: &TokenStream) -> TokenStream {
    let arguments: Vec<Argument> = handler.arguments().collect();
    let concrete: Vec<&Argument> = arguments.iter().filter(|argument| handler.is_concrete(&argument.ty)).collect();
    let glue = Glue {
        access: access(guarded, &concrete),
        policy: policy(&guarded.policy),
        takes: takes(&arguments),
        options: options(guarded),
        describe: describe(&handler, &arguments),
        checks: checks(&handler, guarded, &concrete),
    };
    let endpoint = endpoint(&handler, guarded.route.as_ref(), &glue, private);
    if !guarded.closed && (guarded.before.is_some() || guarded.after.is_some()) {
        add_rules(&mut handler, guarded, private);
    } else {
        let guard = Ident::new("_guard", Span::mixed_site());
        handler.add_guard(&guard, private);
    }
    let function = &handler.function;
    quote!(#function #endpoint)
}

/// The body between its rules: as it is written, in a block of its own, where `return` and `?` mean what they did.
fn add_rules(handler: &mut Handler, guarded: &Guarded, private: &TokenStream) {
    let guard = Ident::new("guard", Span::mixed_site());
    let outcome = Ident::new("outcome", Span::mixed_site());
    let output = match &handler.function.sig.output {
        syn::ReturnType::Default => Some(quote!(())),
        syn::ReturnType::Type(_, ty) => handler.output().map(|_| quote!(#ty)),
    };
    let promised = promised(handler, &outcome);
    handler.add_guard(&guard, private);
    let body = &handler.function.block;
    let refuse = |rule: &Rule| {
        let expression = &rule.expression;
        let method = Ident::new(if rule.hides { "hides" } else { "refuses" }, Span::call_site());
        quote_spanned! {expression.span()=>
            if let ::core::option::Option::Some(refusal) = #guard.#method(#expression) {
                return refusal;
            }
        }
    };
    let before = guarded.before.as_ref().map(refuse);
    let typed = output.map(|ty| quote!(::<#ty, _>));
    // What a rule about the result looks at must not be moved into the body, unless the body takes it.
    let moved = guarded.after.is_none().then(|| quote!(move));
    let after = guarded.after.as_ref().map(|rule| {
        let (result, refuse) = (&rule.result, refuse(rule));
        quote! {
            if let ::core::option::Option::Some(#result) = #private::Outcome(&#outcome).value() {
                #refuse
            }
        }
    });
    let probe = guarded.after.is_some().then(|| quote!(use #private::probe::*;));
    let block = parse_quote!({
        #before
        let #outcome = #private::body #typed (async #moved #body).await;
        #promised
        #probe
        #after
        #private::axum::response::IntoResponse::into_response(#outcome)
    });
    *handler.function.block = block;
    handler.function.sig.output = parse_quote!(-> #private::axum::response::Response);
}

/// What is promised of a result without a name still holds, and what the promise is written with is still used.
fn promised(handler: &Handler, outcome: &Ident) -> Option<TokenStream> {
    match &handler.function.sig.output {
        syn::ReturnType::Type(_, ty)
            if matches!(ty.as_ref(), syn::Type::ImplTrait(_)) && handler.function.sig.generics.params.is_empty() =>
        {
            let promise = Ident::new("promise", Span::mixed_site());
            Some(quote! {
                fn #promise(outcome: #ty) -> #ty {
                    outcome
                }
                let #outcome = #promise(#outcome);
            })
        }
        _ => None,
    }
}

fn access(guarded: &Guarded, concrete: &[&Argument]) -> TokenStream {
    if guarded.closed {
        return quote!(__private::Closed);
    }
    let policy = &guarded.policy;
    if !policy.public {
        let mut types = Vec::new();
        policy.expressions.iter().for_each(|expression| expression.types(&mut types));
        types.extend(policy.role.as_ref().and_then(expression::enum_of));
        let types = (!types.is_empty()).then(|| expression::tuple_of(&types)).map(|types| quote!(<#types>));
        return quote!(__private::Protected #types);
    }
    if concrete.is_empty() {
        return quote!(__private::Open<false>);
    }
    let takes = concrete.iter().map(|argument| take(argument));
    quote!(__private::Open<{ __private::knows_caller(&[#(#takes),*]) }>)
}

fn policy(policy: &Policy) -> TokenStream {
    let Policy { public, caller, scopes, role, expressions } = policy;
    if *public {
        return quote!(__private::Policy::PUBLIC);
    }
    let groups = expressions.iter().map(expression::Expression::requirement);
    let caller = caller.map(|caller| match caller {
        Caller::Token => quote!(__private::Requirement::Token),
        Caller::User => quote!(__private::Requirement::User),
        Caller::ActiveUser => quote!(__private::Requirement::ActiveUser),
    });
    let scopes = (!scopes.is_empty()).then(|| {
        let scopes = scopes.iter().map(|scope| quote_spanned!(scope.span() => &#scope));
        quote!(__private::Requirement::Scopes(&[#(#scopes),*]))
    });
    let role = role.as_ref().map(|role| {
        let role = quote_spanned!(role.span() => &#role);
        quote!(__private::Requirement::Role(#role))
    });
    let requirements = groups.chain(caller).chain(role).chain(scopes);
    quote!(__private::Policy::all(&[#(#requirements),*]))
}

/// Nothing is written where nothing is said.
fn options(guarded: &Guarded) -> TokenStream {
    let Guarded { overrides_group, observed, accepts, before, after, .. } = guarded;
    let overrides_group = overrides_group.then(|| quote!(.overrides_group()));
    let observed = observed.then(|| quote!(.observed()));
    let accepts = (!accepts.is_empty()).then(|| quote!(.accepts(&[#(__private::Lint::#accepts),*])));
    let rule = |method: &str, rule: &Rule| {
        let (method, text, hides) = (Ident::new(method, Span::call_site()), rule.text(), rule.hides);
        quote!(__private::Rule::#method(#text, #hides))
    };
    let before = before.as_ref().map(|one| rule("before", one));
    let after = after.as_ref().map(|one| rule("after", one));
    let rules: Vec<TokenStream> = before.into_iter().chain(after).collect();
    let rules = (!rules.is_empty()).then(|| quote!(.rules(&[#(#rules),*])));
    let said = quote!(#overrides_group #observed #accepts #rules);
    if said.is_empty() {
        return said;
    }
    quote!(const OPTIONS: __private::Options = __private::Options::NONE #said;)
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

/// An argument that the policy does not provide for does not compile: the error stands at its type.
fn checks(handler: &Handler, guarded: &Guarded, concrete: &[&Argument]) -> TokenStream {
    let marker = handler.marker();
    let policy = if guarded.policy.public {
        quote!(__private::Policy::PUBLIC)
    } else if guarded.policy.expressions.is_empty() || !handler.marker_generics().params.is_empty() {
        // Whoever calls has a token; and what is generic is asked once it is known.
        return TokenStream::new();
    } else {
        quote!(<#marker as __private::Endpoint>::POLICY)
    };
    let checks = concrete.iter().map(|Argument { cfgs, ty }| {
        quote_spanned! {ty.span()=>
            #(#cfgs)*
            const _: () = __private::fits(&#policy, __private::Argument::<#ty>::TAKES);
        }
    });
    quote!(#(#checks)*)
}
