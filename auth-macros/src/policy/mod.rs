//! `#[policy(..)]`: a policy under a name.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, Expr, GenericParam, Ident, Item, ItemStruct, Path, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use crate::{
    error::Errors,
    expression::{self, Expression},
    krate,
};

/// `active_user && Role::Editor, refuse_with = path, status = StatusCode::NOT_FOUND`
struct Declared {
    expression: Expression,
    refuse_with: Option<Path>,
    status: Option<Expr>,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut declared = Self { expression: input.parse()?, refuse_with: None, status: None };
        while input.peek(Token![,]) && (input.peek2(Ident) && input.peek3(Token![=])) {
            input.parse::<Token![,]>()?;
            let key: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            if key == "refuse_with" && declared.refuse_with.is_none() {
                declared.refuse_with = Some(input.parse()?);
            } else if key == "status" && declared.status.is_none() {
                declared.status = Some(input.parse()?);
            } else {
                return Err(Error::new(
                    key.span(),
                    "after the policy come `refuse_with = function` and `status = StatusCode::..`, each at most once",
                ));
            }
        }
        if let (None, Some(status)) = (&declared.refuse_with, &declared.status) {
            return Err(Error::new_spanned(
                status,
                "the status is what `refuse_with = function` answers with: name the function too",
            ));
        }
        expression::no_more(input)?;
        Ok(declared)
    }
}

pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = expand(arguments, item.clone(), &mut errors);
    let errors = errors.into_tokens();
    quote!(#errors #item #expanded)
}

fn expand(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let Item::Struct(structure) = errors.keep(syn::parse2::<Item>(item))? else {
        errors.push(Error::new(Span::call_site(), "#[policy(..)] names a policy after a struct: `struct ItemEditor;`"));
        return None;
    };
    if expression::is_reserved(&structure.ident) {
        errors.at(
            &structure.ident,
            format!(
                "`{}` is a word of every policy already, and would not mean this: choose another name",
                structure.ident
            ),
        );
        return None;
    }
    if arguments.is_empty() {
        errors.push(Error::new(
            Span::call_site(),
            "#[policy(..)] says what a caller must have: #[policy(active_user && Role::Editor)]",
        ));
        return None;
    }
    for parameter in &structure.generics.params {
        if !matches!(parameter, GenericParam::Const(_)) {
            errors.at(parameter, "the parameters of a policy are values: `const YEARS: u8`");
            return None;
        }
    }
    let declared = errors.keep(syn::parse2::<Declared>(arguments))?;
    Some(policy(&structure, &declared))
}

fn policy(structure: &ItemStruct, declared: &Declared) -> TokenStream {
    let private = krate::private();
    let ident = &structure.ident;
    let name = ident.unraw().to_string();
    let (generics, parameters, _) = structure.generics.split_for_impl();
    let requirement = declared.expression.requirement();
    let mut types = Vec::new();
    declared.expression.types(&mut types);
    let types = expression::tuple_of(&types);
    let refuse = declared.refuse_with.as_ref().map(|function| {
        let status = declared.status.as_ref().map(|status| quote_spanned!(status.span() => #status));
        quote_spanned!(function.span() => .refuse_with(&[#status], #function))
    });
    let mut users = structure.generics.clone();
    users.params.push(syn::parse_quote!(__U));
    let (users, _, _) = users.split_for_impl();
    quote! {
        const _: () = {
            use #private;

            #[automatically_derived]
            impl #generics __private::Word for #ident #parameters {
                const REQUIREMENT: __private::Requirement =
                    __private::Requirement::Named(&<Self as __private::NamedPolicy>::NAMED);
            }

            #[automatically_derived]
            impl #generics __private::NamedPolicy for #ident #parameters {
                const NAMED: __private::Named = __private::Named::new::<Self>(
                    __private::TypeName { module: ::core::module_path!(), name: #name },
                    #requirement,
                ) #refuse;
            }

            #[automatically_derived]
            impl #users __private::AppliesTo<__U> for #ident #parameters where #types: __private::AppliesTo<__U> {}
        };
    }
}
