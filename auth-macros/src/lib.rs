//! The attributes and derives of `auth-runtime`, which re-exports and documents them. Depend on that crate alone.

mod auth_user;
mod docs;
mod endpoint;
mod error;
mod guard;
mod handler;
mod krate;
mod route;
mod scope;
#[cfg(test)]
mod snapshot;
mod token_endpoint;

use proc_macro::TokenStream;

use crate::guard::Kind;

/// Mounts the handler for GET at a path: `#[get("/users/{id}")]`.
///
/// Beside it stands one attribute that says who may call: [`macro@public`], [`macro@requires_user`],
/// [`macro@requires_active_user`], [`macro@requires_token`] or [`macro@requires_scopes`], in any order.
///
/// `tag = "…"` groups the operation in the document, `operation_id = "…"` names it there.
///
/// HEAD is answered as GET, without the body, as axum does.
#[proc_macro_attribute]
pub fn get(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("GET"), arguments.into(), item.into()).into()
}

/// Mounts the handler for POST at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn post(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("POST"), arguments.into(), item.into()).into()
}

/// Mounts the handler for PUT at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn put(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("PUT"), arguments.into(), item.into()).into()
}

/// Mounts the handler for PATCH at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn patch(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("PATCH"), arguments.into(), item.into()).into()
}

/// Mounts the handler for DELETE at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn delete(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("DELETE"), arguments.into(), item.into()).into()
}

/// Mounts the handler for HEAD at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn head(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("HEAD"), arguments.into(), item.into()).into()
}

/// Mounts the handler for OPTIONS at a path. See [`macro@get`].
#[proc_macro_attribute]
pub fn options(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("OPTIONS"), arguments.into(), item.into()).into()
}

/// Anyone may call this handler.
///
/// With a parameter `user: Option<User>` it knows the user if there is one; a wrong credential is still a refusal.
#[proc_macro_attribute]
pub fn public(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Public, arguments.into(), item.into()).into()
}

/// A caller needs a genuine access token. No user is looked up.
#[proc_macro_attribute]
pub fn requires_token(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Token, arguments.into(), item.into()).into()
}

/// A caller needs a genuine access token, and its user must exist. A disabled user may call.
#[proc_macro_attribute]
pub fn requires_user(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::User, arguments.into(), item.into()).into()
}

/// A caller needs a genuine access token, and its user must exist and not be disabled.
#[proc_macro_attribute]
pub fn requires_active_user(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::ActiveUser, arguments.into(), item.into()).into()
}

/// A caller needs an access token with every one of these scopes: `#[requires_scopes(Scope::Me, Scope::Items)]`.
///
/// Alone, it looks up no user, unless the handler takes one: a `User` must then exist, and may be disabled. Beside
/// [`macro@requires_active_user`], both must hold.
#[proc_macro_attribute]
pub fn requires_scopes(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Scopes, arguments.into(), item.into()).into()
}

/// Makes the function the place where users log in, by POST at a path: `#[token_endpoint("/token")]`.
///
/// Its first parameter is the user, its last the form; what is between them are extractors that do not read the body. When
/// the body runs, the form is parsed, the user looked up and the password verified. It returns a `Grant`, or a `Result` of one.
#[proc_macro_attribute]
pub fn token_endpoint(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::TokenEndpoint, arguments.into(), item.into()).into()
}

/// Makes an enum the scopes of an application: each variant has its string, `#[scope("items")]`, and its doc comment is the
/// description that the Authorize dialog shows.
#[proc_macro_derive(Scope, attributes(scope))]
pub fn derive_scope(input: TokenStream) -> TokenStream {
    scope::derive(input.into()).into()
}

/// Makes a struct the users of an application, with a field for each of `#[auth(username)]`, `#[auth(disabled)]` and
/// `#[auth(password_hash)]`.
///
/// On the struct, `#[auth(always_active)]` and `#[auth(no_password)]` say that there is no such field.
#[proc_macro_derive(AuthUser, attributes(auth))]
pub fn derive_auth_user(input: TokenStream) -> TokenStream {
    auth_user::derive(input.into()).into()
}
