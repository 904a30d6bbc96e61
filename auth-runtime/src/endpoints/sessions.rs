//! Logging out, and what there is to log out of.

use auth_macros::{get, post, requires_token};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::form::answer;
use crate::{
    auth::AuthState,
    error::{Refusal, accepts_html, no_store},
    extract::AccessToken,
    session_cookie,
};

/// Log out here.
#[post("/logout", tag = "sessions")]
#[requires_token]
pub(crate) async fn logout<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    token: AccessToken,
    headers: HeaderMap,
) -> Response {
    let auth = state.auth();
    let ended = match &token.session {
        Some(session) => auth.end_session(session).await,
        None => auth.revoke_token(token.text(), &token).await,
    };
    answer(&state, ended.map(|()| left(&state, &headers)))
}

/// Log out everywhere.
#[post("/logout/everywhere", tag = "sessions")]
#[requires_token]
pub(crate) async fn logout_everywhere<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    token: AccessToken,
    headers: HeaderMap,
) -> Response {
    let ended = match token.is_of_client() {
        true => Err(Refusal::Forbidden),
        false => state.auth().end_sessions(&token.subject).await,
    };
    answer(&state, ended.map(|()| left(&state, &headers)))
}

/// A browser goes to the start, and without its cookie.
fn left<S: AuthState>(state: &S, headers: &HeaderMap) -> Response {
    let answers = state.auth().answers();
    let mut response = if accepts_html(headers) {
        session_cookie::redirect(answers.login_page.as_deref().unwrap_or("/"), None)
    } else {
        StatusCode::NO_CONTENT.into_response()
    };
    if answers.session_cookie {
        session_cookie::clear(&mut response);
    }
    no_store(response.headers_mut());
    response
}

/// A place where a user is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionEntry {
    id: String,
    client: Option<String>,
    scopes: Vec<String>,
    /// In seconds since 1970.
    started_at: u64,
    /// In seconds since 1970.
    expires_at: u64,
    /// Whether it is this one.
    current: bool,
}

/// Where you are logged in.
#[get("/sessions", tag = "sessions")]
#[requires_token]
pub(crate) async fn list<S: AuthState + Clone + 'static>(State(state): State<S>, token: AccessToken) -> Response {
    let listed = match token.is_of_client() {
        true => Err(Refusal::Forbidden),
        false => state.auth().sessions(&token.subject).await,
    };
    let entries = listed.map(|sessions| {
        let entry = |session: crate::store::Session| SessionEntry {
            current: token.session.as_ref() == Some(&session.id),
            id: session.id,
            client: session.client,
            scopes: session.scopes,
            started_at: session.started_at,
            expires_at: session.expires_at,
        };
        let mut response = Json(sessions.into_iter().map(entry).collect::<Vec<_>>()).into_response();
        no_store(response.headers_mut());
        response
    });
    answer(&state, entries)
}
