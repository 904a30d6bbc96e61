//! From a struct to a user: which field is what.

use syn::{
    Attribute, Data, DeriveInput, Fields, Generics, Ident, LitStr, Type, ext::IdentExt, meta::ParseNestedMeta,
    spanned::Spanned,
};

use crate::error::Errors;

/// A user type.
pub(super) struct User {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) fields: Vec<Field>,
    /// `None` behind an error.
    pub(super) username: Option<usize>,
    pub(super) disabled: Option<usize>,
    pub(super) password_hash: Option<usize>,
    pub(super) roles: Option<usize>,
    pub(super) verified: Option<usize>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) ty: Type,
    /// The column that it is kept in.
    pub(super) column: String,
}

/// Which field was found to be what.
#[derive(Default)]
struct Marked {
    username: Option<usize>,
    disabled: Option<usize>,
    password_hash: Option<usize>,
    roles: Option<usize>,
    verified: Option<usize>,
}

const SHAPE: &str = "a user is a struct with named fields: `struct User { #[auth(username)] username: String, .. }`";

pub(super) fn user(input: DeriveInput, errors: &mut Errors) -> Option<User> {
    let Data::Struct(data) = input.data else {
        errors.at(&input.ident, SHAPE);
        return None;
    };
    let Fields::Named(named) = data.fields else {
        errors.at(&input.ident, SHAPE);
        return None;
    };
    let (always_active, no_password) = struct_keys(&input.attrs, errors);

    let mut marked = Marked::default();
    let mut fields = Vec::new();
    for (index, field) in named.named.into_iter().enumerate() {
        let Some(name) = field.ident else { continue };
        let mut column = None;
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("auth")) {
            let parsed = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("column") { named_column(&meta, &mut column) } else { marked.set(index, &meta) }
            });
            errors.keep(parsed);
        }
        let column = column.unwrap_or_else(|| name.unraw().to_string());
        if fields.iter().any(|field: &Field| field.column == column) {
            errors.at(&name, format!("two fields are kept in the column `{column}`: give one of them another"));
        }
        fields.push(Field { name, ty: field.ty, column });
    }

    let name = input.ident;
    if marked.username.is_none() {
        errors.at(&name, "no field is the username: write #[auth(username)] above one");
    }
    let at = |index: Option<usize>| index.and_then(|index| fields.get(index)).map(|field| &field.name);
    match (at(marked.disabled), always_active) {
        (None, false) => errors.at(&name, "no field says whether a user is disabled: write #[auth(disabled)] above one, or #[auth(always_active)] above the struct if users are never disabled"),
        (Some(field), true) => errors.at(field, "the struct is #[auth(always_active)], so that no field can be #[auth(disabled)]: remove one of them"),
        _ => {}
    }
    match (at(marked.password_hash), no_password) {
        (None, false) => errors.at(&name, "no field is the password hash: write #[auth(password_hash)] above one, or #[auth(no_password)] above the struct if nobody logs in with a password"),
        (Some(field), true) => errors.at(field, "the struct is #[auth(no_password)], so that no field can be #[auth(password_hash)]: remove one of them"),
        _ => {}
    }
    let Marked { username, disabled, password_hash, roles, verified } = marked;
    Some(User { name, generics: input.generics, fields, username, disabled, password_hash, roles, verified })
}

impl Marked {
    fn set(&mut self, index: usize, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let (place, name) = if meta.path.is_ident("username") {
            (&mut self.username, "username")
        } else if meta.path.is_ident("disabled") {
            (&mut self.disabled, "disabled")
        } else if meta.path.is_ident("password_hash") {
            (&mut self.password_hash, "password_hash")
        } else if meta.path.is_ident("roles") {
            (&mut self.roles, "roles")
        } else if meta.path.is_ident("verified") {
            (&mut self.verified, "verified")
        } else {
            return Err(meta.error(
                "a field is one of #[auth(username)], #[auth(disabled)], #[auth(password_hash)], #[auth(roles)] and #[auth(verified)], and can be kept in a column of another name: #[auth(column = \"..\")]",
            ));
        };
        if place.replace(index).is_some() {
            return Err(meta.error(format!("#[auth({name})] is on two fields: which of them counts?")));
        }
        Ok(())
    }
}

/// `column = "name"`.
fn named_column(meta: &ParseNestedMeta<'_>, column: &mut Option<String>) -> syn::Result<()> {
    let name: LitStr = meta.value()?.parse()?;
    let text = name.value();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.is_empty() || !text.bytes().all(plain) || text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(syn::Error::new(
            name.span(),
            "the name of a column is letters, digits and `_`, and no digit first",
        ));
    }
    if column.replace(text).is_some() {
        return Err(meta.error("the column is named twice"));
    }
    Ok(())
}

/// `always_active` and `no_password`.
fn struct_keys(attributes: &[Attribute], errors: &mut Errors) -> (bool, bool) {
    let (mut always_active, mut no_password) = (false, false);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("auth")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let key = if meta.path.is_ident("always_active") {
                &mut always_active
            } else if meta.path.is_ident("no_password") {
                &mut no_password
            } else {
                return Err(meta.error(
                    "above a user struct stands #[auth(always_active)], #[auth(no_password)] or both; #[auth(username)] and its like go above fields",
                ));
            };
            if std::mem::replace(key, true) {
                return Err(syn::Error::new(meta.path.span(), "this is said twice"));
            }
            Ok(())
        });
        errors.keep(parsed);
    }
    (always_active, no_password)
}
