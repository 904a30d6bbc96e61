//! The attributes and derives of `auth-runtime`, which re-exports and documents them. Depend on that crate alone.

mod auth_user;
mod docs;
mod endpoint;
mod error;
mod expression;
mod extractor;
mod function;
mod group;
mod guard;
mod handler;
mod hierarchy;
mod krate;
mod plain;
mod policy;
mod predicate;
mod role;
mod route;
mod scheme;
mod scope;
#[cfg(test)]
mod snapshot;
mod text;
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

/// Mounts the handler where a WebSocket is opened: `#[websocket("/updates")]`. It takes axum's `WebSocketUpgrade`.
///
/// A GET as any other, refused before the upgrade, with status and challenge. OpenAPI has no words for it, so that no
/// document lists it; the access table does. See [`macro@get`].
#[proc_macro_attribute]
pub fn websocket(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Method("WEBSOCKET"), arguments.into(), item.into()).into()
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

/// A caller needs an active user who has this role, or one that includes it: `#[requires_role(Role::Admin)]`.
#[proc_macro_attribute]
pub fn requires_role(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Role, arguments.into(), item.into()).into()
}

/// A caller needs what a boolean expression says: `#[requires(active_user && (Role::Admin || !Scope::Trial))]`.
///
/// The words are
///
/// - `token`, `user` and `active_user`, as in [`macro@requires_token`], [`macro@requires_user`] and
///   [`macro@requires_active_user`];
/// - variants of an enum that derives `Scope` or `Role`, written with their enum;
/// - a type that derives [`SecurityScheme`](derive@SecurityScheme), or one with scopes, `ApiKey[Scope::Items]`;
/// - a [`macro@policy`], with its parameters if it has some, `AtLeast<3>`;
/// - a [`macro@predicate`], with its parameters if it has some, `older_than(18)`;
///
/// joined by `&&`, `||`, `!` and parentheses, which mean what they mean in Rust. A credential that is there and wrong is
/// refused, whatever else would be enough. What is said of a token or a user, or its contrary, asks for one, so that
/// `!Scope::Trial` lets no stranger in; only `!token` and `!user` mean strangers. Roles and predicates about users hold for active
/// users.
#[proc_macro_attribute]
pub fn requires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Requires, arguments.into(), item.into()).into()
}

/// A rule over the handler's own arguments, after they are extracted and before the body runs:
/// `#[authorize(item.owner == user.username || user.is(Role::Admin))]`.
///
/// It stands beside an attribute that says who may call, which is decided first. The expression is a `bool`, or a
/// `Result<bool, StoreError>`, and may `.await`. It borrows the arguments by their names in the signature.
///
/// A refusal is a 403. Where even what it is about is to stay unknown, `or = 404` makes it one:
/// `#[authorize(item.owner == user.username, or = 404)]`.
#[proc_macro_attribute]
pub fn authorize(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Authorize, arguments.into(), item.into()).into()
}

/// A rule over the handler's result, before it leaves: `#[post_authorize(|item| item.owner == user.username)]`.
///
/// What stands between the bars is a pattern for a reference to the result, or to what is in the `Ok` of a `Result`; an
/// `Err` leaves as it is. Arguments that the body does not consume are known by their names. See [`macro@authorize`].
#[proc_macro_attribute]
pub fn post_authorize(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::PostAuthorize, arguments.into(), item.into()).into()
}

/// Holds every handler of a module to a policy, beside its own: `#[group(active_user && Role::Admin)] mod admin { .. }`.
///
/// The words are those of [`macro@requires`], as they are known within the module. A handler is a function with an attribute
/// of this crate; one that says no more than where it is mounted is held to the group's policy alone, and one that is not to be
/// held to it says [`macro@overrides_group`].
#[proc_macro_attribute]
pub fn group(arguments: TokenStream, item: TokenStream) -> TokenStream {
    group::attribute(arguments.into(), item.into()).into()
}

/// The policies of the groups that this handler is in do not hold for it: what stands beside this says who may call.
#[proc_macro_attribute]
pub fn overrides_group(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::OverridesGroup, arguments.into(), item.into()).into()
}

/// Tries a policy out: what it would have refused is logged as a warning, `access.observed`, and let through.
///
/// For a handler that is in use already, until its log is empty. Each such handler is named in a warning when its router is
/// built, and in the access table. An argument that only a caller can give, `user: User`, still refuses who has none, and so do
/// the policies of groups.
#[proc_macro_attribute]
pub fn observe(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Observe, arguments.into(), item.into()).into()
}

/// Accepts what a router would complain of when it is built: `#[accept(public_mutation)]`.
///
/// - `public_mutation`: anyone may call a handler for POST, PUT, PATCH or DELETE.
/// - `unchecked_parameter`: any user may call, the path has a parameter, and no [`macro@authorize`] looks at it.
/// - `unchecked_credential`: a credential that is handed on, of a scheme without an authenticator, satisfies the policy, and no
///   argument takes it.
/// - `unchecked_scopes`: the policy names scopes of such a credential, which are documented and not enforced.
#[proc_macro_attribute]
pub fn accept(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(Kind::Accept, arguments.into(), item.into()).into()
}

/// Declares a policy under a name, which is then a word of [`macro@requires`] and a group of routers:
/// `#[policy(active_user && Role::Editor)] struct ItemEditor;`.
///
/// The words are those of [`macro@requires`]. Parameters are const generics:
/// `#[policy(active_user && older_than(YEARS))] struct Adult<const YEARS: u8>;`, and then `#[requires(Adult<18>)]`.
///
/// `refuse_with = function` answers whoever is refused in its own way, a `fn(&Refused<'_>) -> Option<Response>`;
/// `status = StatusCode::NOT_FOUND` lists that answer in the document.
#[proc_macro_attribute]
pub fn policy(arguments: TokenStream, item: TokenStream) -> TokenStream {
    policy::attribute(arguments.into(), &item.into()).into()
}

/// Makes a function a word of [`macro@requires`]: `#[predicate] fn older_than(user: &User, years: u8) -> bool`.
///
/// Parameters that are references say whom it is about: the user, `AccessClaims` or axum's `request::Parts`. The others are
/// what a policy gives it, `older_than(18)`; each is `Clone` and `Debug`, and shown in the access table. It may be async, and
/// return a `Result<bool, StoreError>`, whose error is answered with 503. What it needs of the application's state, it finds in
/// the extensions of `request::Parts`; what it needs of the handler's arguments belongs into [`macro@authorize`].
///
/// It is asked last, only where the decision depends on it, and only about somebody: a predicate about users is asked about
/// active ones.
#[proc_macro_attribute]
pub fn predicate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    predicate::attribute(&arguments.into(), &item.into()).into()
}

/// Makes an enum the roles of an application: each variant has its name, and may include others,
/// `#[role("admin", includes(Editor))]`.
#[proc_macro_derive(Role, attributes(role))]
pub fn derive_role(input: TokenStream) -> TokenStream {
    role::derive(input.into()).into()
}

/// Makes a struct with one field a security scheme: `#[security(api_key(header = "x-api-key"))] struct ApiKey(Secret);`.
///
/// Where the credential is, is one of `bearer`, `basic`, `digest`, `http = "Other"`, `api_key(header = "..")`,
/// `api_key(query = "..")`, `api_key(cookie = "..")`, `oauth2(..)` with its flows and `scopes = Scope`, and
/// `open_id_connect = ".."`. Beside it stand `name`, `description` (or the doc comment), `realm`, `bearer_format`, and
/// `any_scheme` for an `http` that takes any word in place of its own.
///
/// The field is the credential: a `Secret`, `BasicCredentials`, `HttpCredentials` or an `AuthorizationHeader`. With
/// `authenticate = function` it is whose credential it is, which that async function finds out; with `authenticate` alone,
/// the function is given to the application's `Auth`. It is handed a `Secret`, of `basic` the `BasicCredentials`, and of
/// other HTTP schemes the `HttpCredentials`.
///
/// A credential without an authenticator is handed on unread: whoever sends anything at all has one, and the handler checks
/// it.
///
/// A cookie is sent by a browser whoever made it send the request. So one that comes with a request which may change something,
/// or which opens a WebSocket, is refused with 403 if a page of another site made the request, as `Sec-Fetch-Site` and `Origin`
/// say; `AuthBuilder::trusted_origins` names sites that may.
#[proc_macro_derive(SecurityScheme, attributes(security))]
pub fn derive_security_scheme(input: TokenStream) -> TokenStream {
    scheme::derive(input.into()).into()
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
///
/// A scope can imply others of the enum, `#[scope("items:write", implies(ReadItems))]`, and one that ends in `:*` implies those
/// that begin as it does: a token with `items:*` is as good as one with `items:read`. No circle compiles.
#[proc_macro_derive(Scope, attributes(scope))]
pub fn derive_scope(input: TokenStream) -> TokenStream {
    scope::derive(input.into()).into()
}

/// Makes a struct the users of an application, with a field for each of `#[auth(username)]`, `#[auth(disabled)]` and
/// `#[auth(password_hash)]`, and one for `#[auth(roles)]` if they have some: a role, or an `Option`, a `Vec` or a set of roles.
///
/// A `bool` field with `#[auth(verified)]` is whether the user's email address was shown to be the user's own. In a database a
/// field is a column of its name, or of another: `#[auth(column = "email")]`, also beside the others.
///
/// On the struct, `#[auth(always_active)]` and `#[auth(no_password)]` say that there is no such field.
#[proc_macro_derive(AuthUser, attributes(auth))]
pub fn derive_auth_user(input: TokenStream) -> TokenStream {
    auth_user::derive(input.into()).into()
}
