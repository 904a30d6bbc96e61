//! From a user to the impls that the runtime asks for: the user itself, as an argument of a handler, and as a row.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{parse_quote, spanned::Spanned};

use super::parse::{Field, User};
use crate::{extractor::extractors, krate::Private};

/// In a block where `__private` is the runtime's.
pub(super) fn expand(user: &User, private: &Private) -> TokenStream {
    let auth_user = auth_user(user);
    let arguments = arguments(user);
    let record = record(user);
    quote! {
        const _: () = {
            use #private;

            #auth_user
            #arguments
            #record
        };
    }
}

fn auth_user(user: &User) -> TokenStream {
    let name = &user.name;
    let (generics, parameters, clause) = user.generics.split_for_impl();
    let field = |index: Option<usize>| index.and_then(|index| user.fields.get(index));

    // Spans are those of the types, where a wrong one is reported.
    let username = match field(user.username) {
        Some(Field { name, ty, .. }) => {
            quote_spanned!(ty.span() => <#ty as __private::UsernameField>::get(&self.#name))
        }
        None => quote!(""),
    };
    let disabled = match field(user.disabled) {
        Some(Field { name, ty, .. }) => {
            quote_spanned!(ty.span() => <#ty as __private::DisabledField>::get(&self.#name))
        }
        None => quote!(false),
    };
    let (hash, set_hash) = match field(user.password_hash) {
        Some(Field { name, ty, .. }) => (
            quote_spanned!(ty.span() => <#ty as __private::PasswordHashField>::get(&self.#name)),
            quote_spanned!(ty.span() => <#ty as __private::PasswordHashField>::set(&mut self.#name, hash)),
        ),
        None => (quote!(::core::option::Option::None), quote!(::core::mem::drop(hash))),
    };
    let roles = field(user.roles).map(|Field { name, ty, .. }| {
        let has = quote_spanned!(ty.span() => <#ty as __private::RolesField>::has(&self.#name, role));
        quote! {
            fn has_role(&self, role: &dyn __private::Role) -> bool {
                #has
            }
        }
    });
    let set_disabled = field(user.disabled).map(|Field { name, ty, .. }| {
        let set = quote_spanned!(ty.span() => <#ty as __private::DisabledField>::set(&mut self.#name, disabled));
        quote! {
            fn set_disabled(&mut self, disabled: bool) -> bool {
                #set;
                true
            }
        }
    });
    let verified = field(user.verified).map(|Field { name, ty, .. }| {
        let get = quote_spanned!(ty.span() => <#ty as __private::VerifiedField>::get(&self.#name));
        let set = quote_spanned!(ty.span() => <#ty as __private::VerifiedField>::set(&mut self.#name, verified));
        quote! {
            fn is_verified(&self) -> bool {
                #get
            }

            fn set_verified(&mut self, verified: bool) -> bool {
                #set;
                true
            }
        }
    });
    let has_role = field(user.roles).map(|Field { ty, .. }| {
        quote! {
            #[automatically_derived]
            impl #generics __private::HasRole<<#ty as __private::RolesField>::Role> for #name #parameters #clause {}
        }
    });
    quote! {
        #has_role

        #[automatically_derived]
        impl #generics __private::AuthUser for #name #parameters #clause {
            fn username(&self) -> &str {
                #username
            }

            fn is_disabled(&self) -> bool {
                #disabled
            }

            fn password_hash(&self) -> ::core::option::Option<&__private::PasswordHash> {
                #hash
            }

            fn set_password_hash(&mut self, hash: __private::PasswordHash) {
                #set_hash
            }

            #set_disabled
            #roles
            #verified
        }
    }
}

fn arguments(user: &User) -> TokenStream {
    let name = &user.name;
    let (_, parameters, _) = user.generics.split_for_impl();
    let mut generics = user.generics.clone();
    generics.params.push(parse_quote!(__S));
    generics.make_where_clause().predicates.push(parse_quote!(__S: __private::UsersOf<#name #parameters>));
    extractors(&quote!(#name #parameters), &generics, &quote!(extract), &quote!(extract_optional))
}

/// The bounds name the store's kind, `__B`, so that a field which no store can keep is an error only where one is used.
fn record(user: &User) -> TokenStream {
    let name = &user.name;
    let (_, parameters, _) = user.generics.split_for_impl();
    let mut generics = user.generics.clone();
    generics.params.push(parse_quote!(__B));
    let clause = generics.make_where_clause();
    for Field { ty, .. } in &user.fields {
        clause.predicates.push(parse_quote!(#ty: __private::Column<__B>));
    }
    let (generics, _, clause) = generics.split_for_impl();

    let columns = user.fields.iter().enumerate().map(|(index, Field { ty, column, .. })| {
        let is = |field: Option<usize>| field == Some(index);
        let role = match () {
            () if is(user.username) => quote!(Username),
            () if is(user.password_hash) => quote!(PasswordHash),
            () if is(user.disabled) => quote!(Disabled),
            () if is(user.verified) => quote!(Verified),
            () => quote!(Plain),
        };
        quote!(__private::column::<__B, #ty>(#column, __private::ColumnRole::#role))
    });
    let values =
        user.fields.iter().map(|Field { name, ty, .. }| quote!(<#ty as __private::Column<__B>>::to_value(&self.#name)));
    let fields = user
        .fields
        .iter()
        .map(|Field { name, ty, column }| quote!(#name: __private::field::<__B, #ty>(#column, values)?));
    quote! {
        #[automatically_derived]
        impl #generics __private::Record<__B> for #name #parameters #clause {
            const COLUMNS: &'static [__private::ColumnSpec] = &[#(#columns),*];

            fn to_values(&self) -> ::std::vec::Vec<__private::Value> {
                ::std::vec![#(#values),*]
            }

            fn from_values(
                values: &mut dyn ::core::iter::Iterator<Item = __private::Value>,
            ) -> ::core::result::Result<Self, (&'static str, __private::ColumnError)> {
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }
    }
}
