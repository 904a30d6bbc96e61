//! A module whose names are those that expansions use.

use ::auth_runtime::{
    Auth, AuthUser, MemoryUsers, Randomness, SecureRouter, SigningKey, authorize, delete, get, patch, post, public,
    put, requires_token, requires_user,
};

mod core {}
mod std {}
mod auth_runtime {}
mod health {}

struct Result;
struct Option;
struct Vec;
struct String;
struct Box;
struct Send;
struct Clone;
struct Guard;
struct Policy;
struct Endpoint;
struct Argument;
struct KnownArgument;
struct AnyArgument;
struct NoUser;
struct Describe;
struct Response;
struct Self_;
trait Default {}
fn extract() {}
fn column() {}

#[derive(AuthUser, ::core::clone::Clone)]
#[auth(no_password, always_active)]
struct User {
    #[auth(username)]
    name: ::std::string::String,
    values: bool,
}

/// As a module of this scope is named.
#[get("/health")]
#[public]
async fn health() {}

/// As a primitive type is named.
#[get("/str")]
#[requires_user]
async fn str() -> &'static ::core::primitive::str {
    "str"
}

#[post("/guard")]
#[requires_user]
#[authorize(guard.values)]
async fn guard(guard: User) {}

/// A handler that a macro makes, under a name of its own and under one that it is given.
macro_rules! handlers {
    ($name:ident, $value:ident) => {
        #[get("/made")]
        #[requires_user]
        async fn made() {}

        #[get("/given")]
        #[requires_user]
        #[authorize($value.values)]
        async fn $name($value: User) {
            let _ = $value.name;
        }
    };
}
handlers!(given, name);

#[put("/describe")]
#[requires_token]
async fn describe(operation: ::std::string::String) {
    let _ = operation;
}

#[patch("/policy")]
#[requires_user]
async fn policy(User { name: _policy, .. }: User) {}

/// As a keyword is named.
#[delete("/type")]
#[requires_user]
async fn r#type(r#match: User) {
    let _ = r#match;
}

#[test]
fn among_the_same_names() {
    let key = SigningKey::generate(&<Randomness as ::core::default::Default>::default()).unwrap();
    let auth = Auth::builder(MemoryUsers::<User>::new()).signing_key(key).build().unwrap();
    let app: SecureRouter = SecureRouter::new()
        .mount(health)
        .mount(str)
        .mount(guard)
        .mount(made)
        .mount(given)
        .mount(describe)
        .mount(policy)
        .mount(r#type)
        .with_state(auth);
    let document = app.document().to_json().unwrap();
    ::std::assert_eq!(::core::iter::Iterator::count(document.matches(r#""security""#)), 7, "{document}");
    ::std::assert!(document.contains(r#""operationId":"type""#), "{document}");
}
