//! The annotated function as a model: what every attribute asks of it.

use proc_macro2::{Ident, Span};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{
    Attribute, FnArg, GenericParam, Generics, Item, ItemFn, Lifetime, PatType, Path, ReturnType, Type, TypeImplTrait,
    ext::IdentExt,
    parse_quote,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::error::Errors;

/// axum's handlers take 16 arguments, of which the guard is one.
const MOST_ARGUMENTS: usize = 15;

pub(crate) struct Handler {
    pub(crate) function: ItemFn,
    /// The paths of the attributes that were merged into the outermost.
    pub(crate) merged: Vec<Path>,
}

/// An argument's type, as it can be named outside the signature.
pub(crate) struct Argument {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ty: Type,
}

impl Handler {
    /// The function, if this item is one that can handle requests as it is written.
    pub(crate) fn of(item: Item, attribute: &str, errors: &mut Errors) -> Option<Self> {
        let function = match item {
            Item::Fn(function) => function,
            other => {
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
        if function.sig.inputs.iter().any(is_guard) {
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

    fn check(&mut self, errors: &mut Errors) {
        let signature = &mut self.function.sig;
        if signature.asyncness.is_none() {
            errors.at(signature.fn_token, "a handler is async: write `async fn`");
            // What follows then has one error less to report.
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
        if let Some(argument) = signature.inputs.iter().nth(MOST_ARGUMENTS) {
            errors.at(
                argument,
                format!("a guarded handler takes {MOST_ARGUMENTS} arguments at most: group some in a struct that is an extractor"),
            );
        }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.function.sig.ident
    }

    /// The type on which the handler is declared. A type of its own rather than the function's name, which may be that of a
    /// module or of a primitive type.
    pub(crate) fn marker(&self) -> Ident {
        format_ident!("__{}", self.name().unraw(), span = self.name().span())
    }

    /// The arguments whose types can be named outside the signature.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = Argument> {
        self.function.sig.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(PatType { attrs, ty, .. }) => {
                let cfgs = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
                nameable(ty).map(|ty| Argument { cfgs, ty })
            }
            FnArg::Receiver(_) => None,
        })
    }

    /// The type of the result; `None` for one that has no name, such as `impl IntoResponse`.
    pub(crate) fn output(&self) -> Option<Type> {
        match &self.function.sig.output {
            ReturnType::Default => {
                let unit = quote_spanned!(self.name().span() => ()).to_token_stream();
                syn::parse2(unit).ok()
            }
            ReturnType::Type(_, ty) => nameable(ty),
        }
    }

    /// The generics of the marker: those of the function, without lifetimes.
    pub(crate) fn marker_generics(&self) -> Generics {
        let mut generics = self.function.sig.generics.clone();
        generics.params =
            generics.params.into_iter().filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_))).collect();
        let names: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
        Named.visit_generics_mut(&mut generics);
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

fn is_guard(argument: &FnArg) -> bool {
    let FnArg::Typed(PatType { ty, .. }) = argument else { return false };
    let Type::Path(path) = ty.as_ref() else { return false };
    let mut segments = path.path.segments.iter().rev();
    matches!((segments.next(), segments.next()), (Some(last), Some(before)) if last.ident == "Guard" && before.ident == "__private")
}

/// The type with every lifetime `'static`; `None` if it holds an `impl Trait`.
fn nameable(ty: &Type) -> Option<Type> {
    struct FindsImplTrait(bool);
    impl VisitMut for FindsImplTrait {
        fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut ty = ty.clone();
    let mut found = FindsImplTrait(false);
    found.visit_type_mut(&mut ty);
    if found.0 {
        return None;
    }
    Named.visit_type_mut(&mut ty);
    Some(ty)
}

/// Makes every lifetime `'static`.
struct Named;

impl VisitMut for Named {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }

    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(Lifetime::new("'static", reference.and_token.span()));
        }
        visit_mut::visit_type_reference_mut(self, reference);
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
