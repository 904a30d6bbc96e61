//! Revocation, introspection and keys.

use auth_macros::{accept, get, post, public};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::form::{Field, Form, OfIntrospected, OfRevoked, answer};
use crate::{
    auth::AuthState,
    error::{GrantFault, Refusal, no_store},
    store::Client,
    token::PublicSet,
};

/// Revoke a token (RFC 7009).
///
/// A refresh token ends its session. A token that is unknown, or no longer good, needs no revocation: that is answered with
/// 200 too.
#[post("/revoke", tag = "oauth")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn revoke<S: AuthState + Clone + 'static>(State(state): State<S>, form: Form<OfRevoked>) -> Response {
    answer(&state, try_revoke(&state, form).await)
}

async fn try_revoke<S: AuthState>(state: &S, form: Form<OfRevoked>) -> Result<Response, Refusal> {
    let token = Field::secret("token", form.fields.token)?;
    state.auth().revoke(&token, form.client.as_ref()).await?;
    Ok(StatusCode::OK.into_response())
}

/// What a token is good for (RFC 7662), for clients that are registered to ask.
#[post("/introspect", tag = "oauth")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn introspect<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    form: Form<OfIntrospected>,
) -> Response {
    answer(&state, try_introspect(&state, form).await)
}

async fn try_introspect<S: AuthState>(state: &S, form: Form<OfIntrospected>) -> Result<Response, Refusal> {
    let allowed = |client: &Client| client.introspection && client.secret.is_some();
    match &form.client {
        None => return Err(Refusal::BadGrant(GrantFault::InvalidClient)),
        Some(client) if !allowed(client) => return Err(Refusal::BadGrant(GrantFault::UnauthorizedClient)),
        Some(_) => {}
    }
    let token = Field::secret("token", form.fields.token)?;
    let mut response = Json(state.auth().introspect(&token).await?).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// The public keys that tokens are verified with (RFC 7517).
#[get("/.well-known/jwks.json", tag = "oauth")]
#[public]
pub(crate) async fn jwks<S: AuthState + Clone + 'static>(State(state): State<S>) -> Response {
    // Shorter than a new key waits before it signs.
    const CACHED: &str = "public, max-age=30";
    let keys = state.auth().public_keys();
    ([(header::CACHE_CONTROL, CACHED)], Json(PublicSet { keys: &keys })).into_response()
}
