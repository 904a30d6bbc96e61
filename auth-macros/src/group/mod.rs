//! `#[group(..)]`: a policy on a module, which every handler in it inherits.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Error, Item, ItemFn, ItemMacro, ItemMod, parse_quote,
    visit_mut::{self, VisitMut},
};

use crate::{
    error::Errors,
    expression::{self, Expression},
    guard, krate,
};

/// In front of the policy, this word tells a handler in a group from a group.
pub(crate) const MEMBER: &str = "__member";

/// What a group says of its members.
pub(crate) enum Membership {
    Policy(Expression),
    /// Its policy has an error, which is reported.
    Broken,
}

/// What a member's attribute says; `None` if this is not one.
pub(crate) fn of_member(arguments: &TokenStream) -> Option<Membership> {
    let mut tokens = arguments.clone().into_iter();
    let word = tokens.next()?;
    let policy = || expression::parse("group", tokens.skip(1).collect(), Span::call_site());
    (word.to_string() == MEMBER).then(|| policy().map_or(Membership::Broken, Membership::Policy))
}

pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if of_member(&arguments).is_some() {
        return guard::member(arguments, item);
    }
    let mut errors = Errors::default();
    let parsed = expression::parse("group", arguments.clone(), Span::call_site());
    let known = errors.keep(parsed).is_some();
    // Behind an error stand handlers that nobody may call.
    let member = member(&if known { arguments } else { TokenStream::new() });
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Mod(mut module)) => {
            match &mut module.content {
                Some((_, items)) => {
                    let mut join = Join { member: &member, errors: &mut errors };
                    items.iter_mut().for_each(|item| join.visit_item_mut(item));
                }
                None => errors.push(Error::new(
                    Span::call_site(),
                    "#[group(..)] reaches the handlers of a module whose content stands here, in braces; for a file, write `SecureRouter::group::<Policy>()`",
                )),
            }
            quote!(#module)
        }
        Ok(_) => {
            errors.push(Error::new(
                Span::call_site(),
                "#[group(..)] goes on a module, `mod admin { .. }`; a handler has #[requires(..)]",
            ));
            item
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#errors #expanded)
}

fn member(arguments: &TokenStream) -> Attribute {
    let krate = Ident::new(&krate::name(), Span::call_site());
    let word = Ident::new(MEMBER, Span::call_site());
    parse_quote!(#[::#krate::group(#word, #arguments)])
}

/// Adds the attribute to every function that can be a handler, in modules and in bodies within as well. On one that is none,
/// it does nothing; being the last, it is merged by any other, under whatever name that goes.
struct Join<'a> {
    member: &'a Attribute,
    errors: &'a mut Errors,
}

impl VisitMut for Join<'_> {
    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        if function.sig.asyncness.is_some() {
            function.attrs.push(self.member.clone());
        }
        visit_mut::visit_item_fn_mut(self, function);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if module.content.is_none() {
            self.errors.at(&module.ident, "the handlers in this file are out of reach of the group's policy: declare the module outside, and write `SecureRouter::group::<Policy>()` for both");
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_macro_mut(&mut self, makes: &mut ItemMacro) {
        if makes.ident.is_none() {
            self.errors.at(&makes.mac.path, "what this macro makes is not known yet, and handlers in it would be out of reach of the group's policy: move it out of the group");
        }
    }
}
