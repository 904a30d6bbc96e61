//! `#[predicate]`: a question of the team's own becomes a word of policies.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, FnArg, Ident, Item, ItemFn, Pat, Type, ext::IdentExt, spanned::Spanned};

use crate::{error::Errors, expression, krate};

/// The function, taken apart.
struct Predicate {
    /// What it is about: the types behind its leading references.
    subjects: Vec<Type>,
    /// What a policy gives it.
    parameters: Vec<(Ident, Type)>,
}

const SHAPE: &str = "`#[predicate] fn older_than(user: &User, years: u8) -> bool`";

pub(crate) fn attribute(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.at(arguments, format!("#[predicate] takes no arguments: {SHAPE}"));
    }
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => parse(&function, &mut errors).map(|predicate| expand(&function, &predicate)),
        Ok(_) => {
            errors.push(Error::new(Span::call_site(), format!("#[predicate] goes on a function: {SHAPE}")));
            None
        }
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let errors = errors.into_tokens();
    quote!(#errors #item #expanded)
}

fn parse(function: &ItemFn, errors: &mut Errors) -> Option<Predicate> {
    let signature = &function.sig;
    if expression::is_reserved(&signature.ident) {
        errors.at(
            &signature.ident,
            format!(
                "`{}` is a word of every policy already, and would not mean this: choose another name",
                signature.ident
            ),
        );
        return None;
    }
    if !signature.generics.params.is_empty() {
        errors.at(
            &signature.generics,
            "a predicate has no generics: what it is about, and its parameters, are of one type each",
        );
        return None;
    }
    if matches!(signature.output, syn::ReturnType::Default) {
        errors.at(&signature.ident, format!("a predicate says yes or no, `-> bool`: {SHAPE}"));
        return None;
    }
    let mut predicate = Predicate { subjects: Vec::new(), parameters: Vec::new() };
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else {
            errors.at(argument, format!("a predicate is a free function: {SHAPE}"));
            return None;
        };
        match argument.ty.as_ref() {
            Type::Reference(reference) if reference.lifetime.is_none() => {
                if !predicate.parameters.is_empty() {
                    errors.at(
                        argument,
                        format!("whom it is about comes first, and then what a policy gives it: {SHAPE}"),
                    );
                    return None;
                }
                if reference.mutability.is_some() {
                    errors.at(argument, format!("a predicate changes nothing: {SHAPE}"));
                    return None;
                }
                predicate.subjects.push(reference.elem.as_ref().clone());
            }
            ty => {
                let Pat::Ident(name) = argument.pat.as_ref() else {
                    errors.at(&argument.pat, "a parameter of a predicate has a name");
                    return None;
                };
                predicate.parameters.push((name.ident.clone(), ty.clone()));
            }
        }
    }
    Some(predicate)
}

/// A type of the function's name, which values do not share with it.
fn expand(function: &ItemFn, predicate: &Predicate) -> TokenStream {
    let private = krate::private();
    let name = &function.sig.ident;
    let vis = &function.vis;
    let Predicate { subjects, parameters } = predicate;
    let names: Vec<&Ident> = parameters.iter().map(|(name, _)| name).collect();
    let types: Vec<&Type> = parameters.iter().map(|(_, ty)| ty).collect();
    let shown = name.unraw().to_string();
    let format = if names.is_empty() { shown } else { format!("{shown}({})", vec!["{:?}"; names.len()].join(", ")) };
    let about = subjects.iter().map(|ty| quote!(.and(<#ty as __private::Subject>::ABOUT)));
    let locals: Vec<Ident> = subjects
        .iter()
        .enumerate()
        .map(|(index, ty)| Ident::new(&format!("subject{index}"), Span::mixed_site().located_at(ty.span())))
        .collect();
    let wait = function.sig.asyncness.map(|_| quote!(.await));
    let output = match &function.sig.output {
        syn::ReturnType::Type(_, ty) => ty.span(),
        syn::ReturnType::Default => name.span(),
    };
    // A result that is no answer is reported where its type stands.
    let answer = quote_spanned!(output => #name(#(#locals,)* #(::core::clone::Clone::clone(&self.#names)),*) #wait);
    let with = if names.is_empty() { Ident::new("new", name.span()) } else { Ident::new("with", name.span()) };
    let word = names.is_empty().then(|| {
        quote! {
            #[automatically_derived]
            impl __private::Word for #name {
                const REQUIREMENT: __private::Requirement =
                    __private::Requirement::Predicate(<#name>::ABOUT, const { &<#name>::new() });
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #name { #(#names: #types),* }

        const _: () = {
            use #private;

            #[automatically_derived]
            impl #name {
                /// What it is about.
                pub const ABOUT: __private::About = __private::About::Request #(#about)*;

                /// With these parameters.
                #[must_use]
                pub const fn #with(#(#names: #types),*) -> Self {
                    Self { #(#names),* }
                }
            }

            #[automatically_derived]
            impl __private::Predicate for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::write!(f, #format #(, self.#names)*)
                }

                fn test<'a>(&'a self, caller: &'a __private::Caller<'a>) -> __private::Boxed<'a, ::core::result::Result<::core::option::Option<bool>, __private::Refusal>> {
                    ::std::boxed::Box::pin(async move {
                        #(let ::core::option::Option::Some(#locals) = <#subjects as __private::Subject>::of(caller) else {
                            return ::core::result::Result::Ok(::core::option::Option::None);
                        };)*
                        __private::Answer::into_answer(#answer).map(::core::option::Option::Some)
                    })
                }
            }

            #[automatically_derived]
            impl<__U> __private::AppliesTo<__U> for #name where #(#subjects: __private::SubjectFor<__U>),* {}

            #word
        };
    }
}
