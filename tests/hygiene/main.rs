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
