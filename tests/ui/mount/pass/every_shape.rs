#![deny(warnings)]
use auth_runtime::prelude::*;
use tests::{Scope, User};
use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::IntoResponse,
};

type Reply = Json<User>;

/// Alias, patterns, several extractors.
#[get("/users/{id}", tag = "users", operation_id = "one_user")]
#[requires_active_user]
#[requires_scopes(Scope::Me, Scope::Items)]
async fn one(User { username, .. }: User, user: User, Path(_id): Path<u32>, mut _headers: HeaderMap) -> Reply {
    let _ = username;
    Json(user)
}

#[requires_user]
#[post("/generic")]
async fn generic<T, const N: usize>(State(_auth): State<Auth<User>>, Query(_q): Query<Vec<(String, T)>>) -> impl IntoResponse
where
    T: serde::de::DeserializeOwned + Send,
{
    [0_u8; N]
}

/// Lifetimes of its own, and bound by others.
#[requires_user]
#[patch("/bound")]
async fn bound<'a, T>(State(_auth): State<Auth<User>>, _thing: Thing<Box<dyn for<'b> Fn(&'b str) -> &'b str + Send>>, Query(_q): Query<T>) -> &'a str
where
    T: for<'de> serde::Deserialize<'de> + Send + 'a,
{
    "bound"
}

struct Thing<T>(std::marker::PhantomData<fn() -> T>);

impl<S: Sync, T> axum::extract::FromRequestParts<S> for Thing<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Thing(std::marker::PhantomData))
    }
}

#[get("/result")]
#[public]
async fn result() -> Result<String, axum::http::StatusCode> {
    Err(axum::http::StatusCode::IM_A_TEAPOT)
}

mod nested {
    use super::*;

    #[delete("/nested")]
    #[auth_runtime::requires_scopes(Scope::Me)]
    pub(super) async fn nested() {}
}

#[get("/optional")]
#[public]
async fn optional(user: Option<User>) -> String {
    user.map_or_else(|| "stranger".to_owned(), |user| user.username)
}

fn main() {
    #[put("/local")]
    #[requires_token]
    async fn local(token: AccessToken) -> String {
        token.subject.clone()
    }

    let _: SecureRouter<Auth<User>> = SecureRouter::new()
        .mount(one)
        .mount(generic::<u8, 4>)
        .mount(bound::<Vec<(String, String)>>)
        .mount(result)
        .mount(nested::nested)
        .mount(optional)
        .mount(local);
}
