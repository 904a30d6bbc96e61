//! From a declaration to code: the function with a guard as its first argument, and what the guard enforces.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{parse_quote, spanned::Spanned};

use super::{
    parse::Rule,
    valid::{Caller, Guarded, Policy},
};
use crate::{
    endpoint::{Asks, Glue, descriptions, endpoint, takes},
    expression,
    handler::{Argument, Handler},
    krate::Private,
    text::{join, parentheses, text},
};

pub(super) fn expand(mut handler: Handler, guarded: &Guarded, private: &Private) -> TokenStream {
    let arguments: Vec<Argument> = handler.arguments().collect();
    let asked: Vec<&Argument> = arguments.iter().filter(|argument| !argument.takes_nothing()).collect();
    let concrete: Vec<&Argument> = asked.iter().copied().filter(|argument| handler.is_concrete(&argument.ty)).collect();
    let glue = Glue {
        access: access(&handler, guarded, &concrete, private),
        asks: asks(&guarded.policy),
        takes: takes(asked),
        options: options(guarded),
        description: description(&handler, guarded, &arguments),
        checks: checks(&handler, guarded, &concrete, private),
    };
    let endpoint = endpoint(&handler, guarded.route.as_ref(), glue, private);
    if !guarded.closed && (guarded.before.is_some() || guarded.after.is_some()) {
        add_rules(&mut handler, guarded, private);
    } else {
        handler.add_guard(None, private);
    }
    join([handler.function.into_token_stream(), endpoint])
}

/// The body between its rules: as it is written, in a block of its own, where `return` and `?` mean what they did.
fn add_rules(handler: &mut Handler, guarded: &Guarded, private: &Private) {
    let guard = Ident::new("guard", Span::mixed_site());
    let (output, place) = match &handler.function.sig.output {
        syn::ReturnType::Default => (Some(quote!(())), handler.name().span()),
        syn::ReturnType::Type(_, ty) => (handler.output().map(|_| quote!(#ty)), ty.span()),
    };
    // A result that is no response is reported where its type stands.
    let outcome = Ident::new("outcome", Span::mixed_site().located_at(place));
    let promised = promised(handler, &outcome);
    handler.add_guard(Some(&guard), private);
    let (attributes, body) = handler.function.inner();
    // No argument of the handler has these names: a rule may be about one that is written like them.
    let refusal = Ident::new("refusal", Span::mixed_site());
    let value = Ident::new("value", Span::mixed_site());
    let ask = |rule: &Rule| {
        let expression = &rule.expression;
        let method = Ident::new(if rule.hides { "not_found_unless" } else { "refusal_unless" }, Span::call_site());
        quote_spanned!(expression.span() => #guard.#method(#expression))
    };
    let unless_refused = |asked: TokenStream| {
        quote! {
            if let ::core::option::Option::Some(#refusal) = #asked {
                return #refusal;
            }
        }
    };
    let before = guarded.before.as_ref().map(|rule| unless_refused(ask(rule)));
    // What a rule looks at is not moved into the body, unless the body takes it.
    let moves = guarded.after.is_none().then(|| quote!(move));
    let typed = output.map(|ty| quote!(::<#ty, _>));
    let after = guarded.after.as_ref().map(|rule| {
        let (result, asked) = (&rule.result, ask(rule));
        let unless_refused = unless_refused(quote!(#refusal));
        quote! {
            use #private::AnyOutcome as _;
            let #refusal = match #private::Outcome(&#outcome).value() {
                ::core::option::Option::Some(#value) => {
                    let #result = #value;
                    #asked
                }
                ::core::option::Option::None => ::core::option::Option::None,
            };
            #unless_refused
        }
    });
    let respond = quote_spanned! {outcome.span() =>
        #private::axum::response::IntoResponse::into_response(#outcome)
    };
    let block = quote!({
        #attributes
        #before
        let #outcome = #private::body #typed (async #moves #body).await;
        #promised
        #after
        #respond
    });
    handler.function.body = block;
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
                let #outcome = {
                    fn #promise(outcome: #ty) -> #ty {
                        outcome
                    }
                    #promise(#outcome)
                };
            })
        }
        _ => None,
    }
}

fn access(handler: &Handler, guarded: &Guarded, concrete: &[&Argument], private: &Private) -> TokenStream {
    let plain = |access: &str| text(&format!("{private}::{access}"));
    if guarded.closed {
        return plain("Closed");
    }
    let policy = &guarded.policy;
    if !policy.public {
        let mut types = Vec::new();
        policy.expressions.iter().for_each(|expression| expression.types(&mut types));
        types.extend(policy.role.as_ref().and_then(expression::enum_of));
        if types.is_empty() {
            return plain("Protected");
        }
        let types = expression::tuple_of(&types);
        return quote!(#private::Protected<#types>);
    }
    if guarded.before.is_some() || guarded.after.is_some() {
        // Whom a rule refuses is answered as the application answers.
        return plain("Open<true>");
    }
    if concrete.is_empty() {
        return plain("Open<false>");
    }
    if handler.marker_generics().params.is_empty() {
        let marker = handler.marker();
        return quote!(#private::Open<{ #private::knows_caller(<#marker as #private::Endpoint>::TAKES) }>);
    }
    // A constant in a type cannot ask what is generic.
    let takes = takes(concrete.iter().copied());
    quote! {
        #private::Open<{
            use #private::probe::*;
            __private::knows_caller(&[#takes])
        }>
    }
}

fn asks(policy: &Policy) -> Asks {
    let Policy { public, caller, scopes, role, expressions } = policy;
    if *public {
        return Asks::Nothing;
    }
    let groups = expressions.iter().map(expression::Expression::requirement);
    let caller = caller.map(|caller| match caller {
        Caller::Token => text("__private::Requirement::Token"),
        Caller::User => text("__private::Requirement::User"),
        Caller::ActiveUser => text("__private::Requirement::ActiveUser"),
    });
    let scopes = (!scopes.is_empty()).then(|| {
        let scopes = scopes.iter().map(|scope| quote_spanned!(scope.span() => &#scope));
        join([text("__private::Requirement::Scopes"), parentheses(quote!(&[#(#scopes),*]))])
    });
    let role = role.as_ref().map(|role| {
        let role = quote_spanned!(role.span() => &#role);
        quote!(__private::Requirement::Role(#role))
    });
    let mut requirements: Vec<TokenStream> = groups.chain(caller).chain(role).chain(scopes).collect();
    match (requirements.pop(), requirements.is_empty()) {
        (Some(only), true) => Asks::One(only),
        (last, _) => {
            requirements.extend(last);
            Asks::All(requirements)
        }
    }
}

/// Nothing is written where nothing is said.
fn options(guarded: &Guarded) -> TokenStream {
    let Guarded { overrides_group, observed, accepts, before, after, .. } = guarded;
    let overrides_group = overrides_group.then(|| quote!(.overrides_group()));
    let observed = observed.then(|| quote!(.observed()));
    let accepts = (!accepts.is_empty()).then(|| quote!(.accepts(&[#(__private::Lint::#accepts),*])));
    let rule = |method: &str, rule: &Rule| {
        let (method, text, hides) = (Ident::new(method, Span::call_site()), rule.text(), rule.hides);
        quote!(.#method(#text, #hides))
    };
    let before = before.as_ref().map(|one| rule("authorize", one));
    let after = after.as_ref().map(|one| rule("post_authorize", one));
    let said = quote!(#overrides_group #observed #accepts #before #after);
    if said.is_empty() {
        return said;
    }
    quote!(.options(__private::Options::NONE #said))
}

/// Only what has a route is in a document.
fn description(handler: &Handler, guarded: &Guarded, arguments: &[Argument]) -> TokenStream {
    if guarded.route.is_none() {
        return TokenStream::new();
    }
    let output = match handler.output() {
        Some(ty) => ty.to_token_stream(),
        None => text("__private::axum::response::Response"),
    };
    join([descriptions(arguments), text("__private::Output::<"), output, text(">::NEW.describe(operation);")])
}

/// An argument that the policy does not provide for does not compile: the error stands at its type.
fn checks(handler: &Handler, guarded: &Guarded, concrete: &[&Argument], private: &Private) -> TokenStream {
    let marker = handler.marker();
    let public = guarded.policy.public;
    let unasked = !public && (guarded.policy.expressions.is_empty() || !handler.marker_generics().params.is_empty());
    if unasked || concrete.is_empty() {
        // Whoever calls has a token; and what is generic is asked once it is known.
        return TokenStream::new();
    }
    let checks = concrete.iter().map(|Argument { cfgs, ty, .. }| {
        let takes = quote!(__private::Argument::<#ty>::TAKES);
        let fits = if public {
            quote_spanned!(ty.span() => __private::fits(&__private::Policy::PUBLIC, #takes))
        } else {
            quote_spanned!(ty.span() => __private::fits_endpoint::<#marker>(#takes))
        };
        quote!(#(#cfgs)* #fits;)
    });
    quote! {
        const _: () = {
            use #private::probe::*;
            #(#checks)*
        };
    }
}
