//! What administrators do with the accounts of others.

use auth_macros::{accept, post, requires_active_user};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::form::answer;
use crate::auth::AuthState;

/// Disable a user: every session ends.
#[post("/users/{username}/disable", tag = "administration")]
#[requires_active_user]
#[accept(unchecked_parameter)]
pub(crate) async fn disable<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    Path(username): Path<String>,
) -> Response {
    let done = state.auth().disable_user(&username).await;
    answer(&state, done.map(|()| StatusCode::NO_CONTENT.into_response()))
}

/// Let a disabled user in again.
#[post("/users/{username}/enable", tag = "administration")]
#[requires_active_user]
#[accept(unchecked_parameter)]
pub(crate) async fn enable<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    Path(username): Path<String>,
) -> Response {
    let done = state.auth().enable_user(&username).await;
    answer(&state, done.map(|()| StatusCode::NO_CONTENT.into_response()))
}

/// Log a user out everywhere.
#[post("/users/{username}/logout", tag = "administration")]
#[requires_active_user]
#[accept(unchecked_parameter)]
pub(crate) async fn logout<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    Path(username): Path<String>,
) -> Response {
    let done = state.auth().end_sessions(&username).await;
    answer(&state, done.map(|()| StatusCode::NO_CONTENT.into_response()))
}

/// Remove a user.
#[post("/users/{username}/delete", tag = "administration")]
#[requires_active_user]
#[accept(unchecked_parameter)]
pub(crate) async fn delete<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    Path(username): Path<String>,
) -> Response {
    let done = state.auth().delete_user(&username).await;
    answer(&state, done.map(|()| StatusCode::NO_CONTENT.into_response()))
}
