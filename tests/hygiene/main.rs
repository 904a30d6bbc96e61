//! Expansions name everything by absolute paths: they work without a prelude, and among names of the user's that are the
//! same as theirs.
#![no_implicit_prelude]
#![allow(dead_code)]

mod shadowed;

use ::auth_runtime::{
    AccessToken, Auth, Grant, MemoryUsers, PasswordHash, PasswordRequestForm, Randomness, SecureRouter, SigningKey,
};

#[derive(::auth_runtime::Scope, ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
enum Scopes {
    /// One line.
    ///
    /// And another.
    #[scope("one")]
    One,
    #[scope("two")]
    Two,
}

#[derive(::auth_runtime::AuthUser, ::core::clone::Clone)]
struct Account {
    #[auth(username)]
    name: ::std::string::String,
    #[auth(disabled)]
    off: ::core::option::Option<bool>,
    #[auth(password_hash)]
    hash: ::core::option::Option<PasswordHash>,
}

#[::auth_runtime::token_endpoint("/token")]
async fn login(user: Account, form: PasswordRequestForm<Scopes>) -> Grant<Scopes> {
    Grant::to(user).scopes(form.scopes)
}

#[::auth_runtime::get("/one")]
#[::auth_runtime::requires_active_user]
#[::auth_runtime::requires_scopes(Scopes::One, Scopes::Two)]
async fn one(_account: Account, _token: AccessToken) -> &'static str {
    "one"
}

#[::auth_runtime::public]
#[::auth_runtime::get("/two")]
async fn two(_account: ::core::option::Option<Account>) {}

#[derive(::auth_runtime::Role, ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
enum Roles {
    #[role("chief", includes(Clerk))]
    Chief,
    #[role("clerk")]
    Clerk,
}

#[derive(::auth_runtime::AuthUser, ::core::clone::Clone)]
#[auth(no_password, always_active)]
struct Officer {
    #[auth(username)]
    name: ::std::string::String,
    #[auth(roles)]
    roles: ::core::option::Option<Roles>,
}

#[derive(::auth_runtime::SecurityScheme, ::core::clone::Clone)]
#[security(oauth2(client_credentials(token_url = "/token")), scopes = Scopes, authenticate = find)]
struct Office(::core::primitive::u8);

async fn find(_token: ::auth_runtime::Secret) -> ::core::option::Option<::core::primitive::u8> {
    ::core::option::Option::None
}

#[derive(::auth_runtime::SecurityScheme, ::core::clone::Clone)]
#[security(api_key(cookie = "key"))]
struct Key {
    value: ::auth_runtime::Secret,
}

#[::auth_runtime::predicate]
async fn called(officer: &Officer, name: &'static ::core::primitive::str) -> ::core::primitive::bool {
    *officer.name == *name
}

#[::auth_runtime::predicate]
fn always() -> ::core::primitive::bool {
    true
}

#[::auth_runtime::policy(Roles::Chief && called("x") && TIMES_ARE_GOOD_OR_NOT)]
struct Good;

#[::auth_runtime::policy(always)]
#[allow(non_camel_case_types)]
struct TIMES_ARE_GOOD_OR_NOT;

#[::auth_runtime::put("/three")]
#[::auth_runtime::requires(Good || Office[Scopes::One] || !Roles::Clerk)]
#[::auth_runtime::authorize(officer.is_some() || key.is_some(), or = 404)]
#[::auth_runtime::post_authorize(|text| !text.is_empty())]
#[::auth_runtime::accept(public_mutation)]
async fn three(
    officer: ::core::option::Option<Officer>,
    key: ::core::option::Option<Key>,
) -> ::core::result::Result<::std::string::String, ::axum::http::StatusCode> {
    ::core::result::Result::Ok(::std::string::String::new())
}

#[::auth_runtime::group(Roles::Clerk)]
mod grouped {
    use super::Roles;

    #[::auth_runtime::get("/four")]
    #[::auth_runtime::requires_role(Roles::Chief)]
    pub(super) async fn four(_proof: ::core::option::Option<super::Officer>) {}
}

#[test]
fn the_whole_language_without_a_prelude() {
    let officers = MemoryUsers::<Officer>::new();
    let auth = Auth::builder(officers)
        .signing_key(SigningKey::generate(&<Randomness as ::core::default::Default>::default()).unwrap())
        .build()
        .unwrap();
    let app: SecureRouter = SecureRouter::new().mount(three).mount(grouped::four).with_state(auth);
    let table = ::std::string::ToString::to_string(&app.access_table());
    ::std::assert!(table.contains("role clerk and role chief"), "{table}");
    ::std::assert!(app.into_router().is_ok());
}

#[test]
fn without_a_prelude() {
    let auth = Auth::builder(MemoryUsers::<Account>::new())
        .signing_key(SigningKey::generate(&<Randomness as ::core::default::Default>::default()).unwrap())
        .build()
        .unwrap();
    let app: SecureRouter = SecureRouter::new().mount(login).mount(one).mount(two).with_state(auth);
    let document = app.document().to_json().unwrap();
    ::std::assert!(document.contains(r#"{"OAuth2PasswordBearer":["one","two"]}"#), "{document}");
    ::std::assert!(document.contains(r#""one":"One line.\n\nAnd another.""#), "{document}");
}
