//! Handlers' arguments that the guard has found out: the user, and the token.

use std::ops::Deref;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::{AuthState, UsersOf},
    error::{Refusal, Rejection},
    guard::{ACTIVE_USER, Principal, authenticate},
    policy::Policy,
    scheme::bearer,
    secret::Secret,
    token::AccessClaims,
    user::AuthUser,
};

/// The user of this request: whom the guard found, or else an active user, authenticated here.
///
/// # Errors
/// The refusal that a guard with `#[requires_active_user]` gives.
pub async fn extract<U: AuthUser, S: UsersOf<U>>(parts: &mut Parts, state: &S) -> Result<U, Rejection> {
    if let Some(user) = Principal::<U>::take(parts).and_then(|principal| principal.user.clone()) {
        return Ok(user);
    }
    let auth = state.users_auth();
    match authenticate(auth, parts, &ACTIVE_USER, true).await {
        Ok(Principal { user: Some(user), .. }) => Ok(user),
        Ok(_) => Err(auth.answers().reject(&Refusal::NoCredentials, &ACTIVE_USER)),
        Err(refusal) => Err(auth.answers().reject(&refusal, &ACTIVE_USER)),
    }
}

/// As [`extract`], and `None` where the request carries no credential at all.
///
/// # Errors
/// As [`extract`]: a credential that is present and wrong is a refusal, never `None`.
pub async fn extract_optional<U: AuthUser, S: UsersOf<U>>(
    parts: &mut Parts,
    state: &S,
) -> Result<Option<U>, Rejection> {
    if matches!(bearer::credential(&parts.headers), Ok(None)) {
        return Ok(None);
    }
    extract(parts, state).await.map(Some)
}

/// The access token of this request, as a handler's argument: whom it was issued to, and what for.
///
/// ```
/// use auth_runtime::prelude::*;
///
/// /// What your token is good for.
/// #[get("/token")]
/// #[requires_token]
/// async fn token(token: AccessToken) -> String {
///     token.scopes.join(" ")
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AccessToken {
    claims: AccessClaims,
    text: Secret,
}

impl AccessToken {
    /// The token itself, as the client sent it.
    #[must_use]
    pub fn text(&self) -> &Secret {
        &self.text
    }
}

impl Deref for AccessToken {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.claims
    }
}

impl<S: AuthState> FromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        const TOKEN: Policy = Policy::all(&[]);
        let auth = state.auth();
        let claims = match Principal::<S::User>::take(parts) {
            Some(principal) => principal.claims.clone(),
            None => match authenticate(auth, parts, &TOKEN, false).await {
                Ok(principal) => principal.claims,
                Err(refusal) => return Err(auth.answers().reject(&refusal, &TOKEN)),
            },
        };
        match bearer::credential(&parts.headers) {
            Ok(Some(text)) => Ok(Self { claims, text: Secret::new(text) }),
            Ok(None) => Err(auth.answers().reject(&Refusal::NoCredentials, &TOKEN)),
            Err(fault) => Err(auth.answers().reject(&Refusal::InvalidToken(fault), &TOKEN)),
        }
    }
}
