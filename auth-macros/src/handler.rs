//! The annotated function as a model: what every attribute asks of it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{
    Attribute, FnArg, GenericParam, Generics, Item, Lifetime, ParenthesizedGenericArguments, Pat, PatType, PatWild,
    Path, ReturnType, Signature, Token, Type, TypeFnPtr, TypeImplTrait, TypeReference,
    ext::IdentExt,
    parse_quote,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::{error::Errors, function::Function, krate::Private};

/// axum's handlers take 16 arguments, of which the guard is one.
const MAX_ARGUMENTS: usize = 15;

pub(crate) struct Handler {
    pub(crate) function: Function,
    /// The paths of the attributes that were merged into the outermost.
    pub(crate) merged: Vec<Path>,
}

/// An argument's type, as it can be named outside the signature.
pub(crate) struct Argument {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ty: Type,
    /// Which of [`EXTRACTORS`] it is.
    extractor: Option<&'static str>,
}

/// The common extractors of axum that have parameters, by their bare names. They take nothing from a guard, and to ask each would
/// cost the compiler more than all that is asked of a user type. Whatever else has such a name and takes something after all
/// authenticates by itself, as in a handler without a guard: a guard leaves it nothing that it was not asked for.
const EXTRACTORS: [&str; 6] = ["State", "Path", "Json", "Query", "Form", "Extension"];

impl Argument {
    fn new(cfgs: Vec<Attribute>, ty: Type) -> Self {
        let mut tokens = tokens_of(&ty).into_iter();
        let name = tokens.next();
        let has_parameters = matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '<');
        let extractor = match name {
            Some(TokenTree::Ident(name)) if has_parameters => EXTRACTORS.into_iter().find(|one| name == one),
            _ => None,
        };
        Self { cfgs, ty, extractor }
    }

    /// The tokens of its type.
    pub(crate) fn tokens(&self) -> TokenStream {
        tokens_of(&self.ty)
    }

    /// Whether it is known to take nothing from the guard.
    pub(crate) fn takes_nothing(&self) -> bool {
        self.extractor.is_some()
    }

    /// Whether it is known to be in no document.
    pub(crate) fn is_undocumented(&self) -> bool {
        matches!(self.extractor, Some("State" | "Extension"))
    }
}

impl Handler {
    /// The function, if this item is one that can handle requests as it is written.
    pub(crate) fn of(item: Result<Function, Item>, attribute: &str, errors: &mut Errors) -> Option<Self> {
        let function = match item {
            Ok(function) => function,
            Err(other) => {
                errors.push(syn::Error::new(
                    Span::call_site(),
                    format!("#[{attribute}] goes on an async fn, and this is {}", kind_of(&other)),
                ));
                return None;
            }
        };
        if let Some(receiver) = function.sig.receiver() {
            errors.at(
                receiver,
                format!(
                    "#[{attribute}] goes on a free function, not on a method: take what `self` holds as `State(..)`"
                ),
            );
            return None;
        }
        if Self::is_guarded(&function) {
            errors.push(syn::Error::new(
                Span::call_site(),
                format!(
                    "this handler is guarded already, by an attribute that did not see this one: use `#[{attribute}]` under its own name, next to the others"
                ),
            ));
            return None;
        }
        let mut handler = Self { function, merged: Vec::new() };
        handler.check(errors);
        Some(handler)
    }

    /// Whether an attribute of ours has been here.
    pub(crate) fn is_guarded(function: &Function) -> bool {
        function.sig.inputs.iter().any(is_guard)
    }

    fn check(&mut self, errors: &mut Errors) {
        let signature = &mut self.function.sig;
        if signature.asyncness.is_none() {
            errors.at(signature.fn_token, "a handler is async: write `async fn`");
            // Avoids follow-up errors.
            signature.asyncness = Some(parse_quote!(async));
        }
        if let Some(constness) = &signature.constness {
            errors.at(constness, "a handler cannot be const");
        }
        if let Some(abi) = &signature.abi {
            errors.at(abi, "a handler cannot be extern");
        }
        if !matches!(signature.safety, syn::Safety::Default) {
            errors.at(&signature.safety, "a handler cannot be unsafe: a router calls it");
        }
        if let Some(argument) = signature.inputs.iter().nth(MAX_ARGUMENTS) {
            errors.at(
                argument,
                format!("a guarded handler takes {MAX_ARGUMENTS} arguments at most: group some in a struct that is an extractor"),
            );
        }
    }

    /// Puts the guard before the other arguments, where axum extracts it first. It has a name where rules ask it.
    ///
    /// It is written as if the handler's author had, at the handler's name: where anything in a function comes from a macro, as
    /// rules do, the compiler checks its body anew whenever a line is added above it.
    pub(crate) fn add_guard(&mut self, name: Option<&Ident>, private: &Private) {
        let at = self.name().span();
        let private = private.at(at);
        let mut marker = self.marker();
        marker.set_span(at);
        let generics = self.marker_generics();
        let (_, parameters, _) = generics.split_for_impl();
        let (pat, guard) = match name {
            Some(name) => (Pat::Verbatim(name.to_token_stream()), "RuleGuard"),
            None => (Pat::Wild(PatWild { attrs: Vec::new(), underscore_token: Token![_](at) }), "Guard"),
        };
        let guard = Ident::new(guard, at);
        let ty = quote_spanned!(at => #private::#guard<#marker #parameters>);
        // Put together, rather than parsed from what it is put together of.
        let argument = PatType {
            attrs: Vec::new(),
            pat: Box::new(pat),
            colon_token: Token![:](at),
            ty: Box::new(Type::Verbatim(ty)),
        };
        self.function.sig.inputs.insert(0, FnArg::Typed(argument));
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.function.sig.ident
    }

    /// The type on which the handler is declared. A type of its own rather than the function's name, which may be that of a
    /// module or of a primitive type.
    pub(crate) fn marker(&self) -> Ident {
        let span = Span::mixed_site().located_at(self.name().span());
        format_ident!("__{}", self.name().unraw(), span = span)
    }

    /// The arguments whose types can be named outside the signature.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = Argument> {
        self.function.sig.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(PatType { attrs, ty, .. }) => {
                let cfgs = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
                nameable(ty, &self.function.sig).map(|ty| Argument::new(cfgs, ty))
            }
            FnArg::Receiver(_) => None,
        })
    }

    /// Whether a type can be named outside the generics of the function.
    pub(crate) fn is_concrete(&self, ty: &Type) -> bool {
        struct FindsParameter<'a> {
            names: Vec<&'a Ident>,
            found: bool,
        }
        impl VisitMut for FindsParameter<'_> {
            fn visit_ident_mut(&mut self, ident: &mut Ident) {
                self.found |= self.names.iter().any(|name| *name == ident);
            }
        }
        let generics = &self.function.sig.generics;
        if generics.params.is_empty() {
            return true;
        }
        let types = generics.type_params().map(|parameter| &parameter.ident);
        let constants = generics.const_params().map(|parameter| &parameter.ident);
        let mut finds = FindsParameter { names: types.chain(constants).collect(), found: false };
        finds.visit_type_mut(&mut ty.clone());
        !finds.found
    }

    /// The type of the result; `None` for one that has no name, such as `impl IntoResponse`.
    pub(crate) fn output(&self) -> Option<Type> {
        match &self.function.sig.output {
            ReturnType::Default => Some(Type::Verbatim(quote_spanned!(self.name().span() => ()))),
            ReturnType::Type(_, ty) => nameable(ty, &self.function.sig),
        }
    }

    /// The generics of the marker: those of the function, without lifetimes.
    pub(crate) fn marker_generics(&self) -> Generics {
        if self.function.sig.generics.params.is_empty() {
            return Generics::default();
        }
        let mut generics = self.function.sig.generics.clone();
        generics.params =
            generics.params.into_iter().filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_))).collect();
        let names: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
        StaticLifetimes::of(&self.function.sig).visit_generics_mut(&mut generics);
        if !names.is_empty() {
            let clause = generics.make_where_clause();
            clause.predicates.retain(|predicate| matches!(predicate, syn::WherePredicate::Type(_)));
            for name in names {
                clause.predicates.push(parse_quote!(#name: 'static));
            }
        } else {
            generics.where_clause = None;
        }
        generics
    }
}

/// The tokens of a type. One that was left unparsed holds them already.
fn tokens_of(ty: &Type) -> TokenStream {
    match ty {
        Type::Verbatim(tokens) => tokens.clone(),
        ty => ty.to_token_stream(),
    }
}

fn is_guard(argument: &FnArg) -> bool {
    let FnArg::Typed(PatType { ty, .. }) = argument else { return false };
    let Type::Path(path) = ty.as_ref() else { return false };
    let mut segments = path.path.segments.iter().rev();
    let (Some(last), Some(before)) = (segments.next(), segments.next()) else { return false };
    before.ident == "__private" && (last.ident == "Guard" || last.ident == "RuleGuard")
}

/// The type with the function's lifetimes, and elided ones, `'static`; `None` if it holds an `impl Trait`.
fn nameable(ty: &Type, signature: &Signature) -> Option<Type> {
    let mut ty = ty.clone();
    if matches!(ty, Type::Verbatim(_)) {
        return Some(ty);
    }
    let mut lifetimes = StaticLifetimes::of(signature);
    lifetimes.visit_type_mut(&mut ty);
    (!lifetimes.found_impl_trait).then_some(ty)
}

/// Makes the lifetimes of a function `'static`, and the elided ones of its arguments. Those that a `for<'a>` binds, or that
/// stand within `Fn(&T)`, are not the function's.
struct StaticLifetimes {
    names: Vec<Ident>,
    found_impl_trait: bool,
}

impl StaticLifetimes {
    fn of(signature: &Signature) -> Self {
        let names = signature.generics.lifetimes().map(|parameter| parameter.lifetime.ident.clone()).collect();
        Self { names, found_impl_trait: false }
    }
}

impl VisitMut for StaticLifetimes {
    fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
        self.found_impl_trait = true;
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.names.contains(&lifetime.ident) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(Lifetime::new("'static", reference.and_token.span()));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_parenthesized_generic_arguments_mut(&mut self, arguments: &mut ParenthesizedGenericArguments) {
        NamedLifetimes(self).visit_parenthesized_generic_arguments_mut(arguments);
    }

    fn visit_type_fn_ptr_mut(&mut self, pointer: &mut TypeFnPtr) {
        NamedLifetimes(self).visit_type_fn_ptr_mut(pointer);
    }
}

/// The same where elided lifetimes are another's.
struct NamedLifetimes<'a>(&'a mut StaticLifetimes);

impl VisitMut for NamedLifetimes<'_> {
    fn visit_type_impl_trait_mut(&mut self, found: &mut TypeImplTrait) {
        self.0.visit_type_impl_trait_mut(found);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.0.names.contains(&lifetime.ident) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
    }
}

fn kind_of(item: &Item) -> &'static str {
    match item {
        Item::Struct(_) => "a struct",
        Item::Enum(_) => "an enum",
        Item::Union(_) => "a union",
        Item::Trait(_) => "a trait",
        Item::Impl(_) => "an impl block",
        Item::Mod(_) => "a module",
        Item::Const(_) => "a constant",
        Item::Static(_) => "a static",
        Item::Type(_) => "a type alias",
        Item::Use(_) => "a use declaration",
        Item::Macro(_) => "a macro call",
        _ => "something else",
    }
}
