//! Handlers' arguments that the guard has found out: the user, the token, and what a security scheme yields.

#![expect(
    clippy::manual_async_fn,
    reason = "the signature promises `Send`, so that the compiler does not prove it again in every expansion"
)]

use std::{future::Future, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use crate::{
    auth::{AuthState, UsersOf},
    endpoint::{GuardArgument, Takes},
    error::{Refusal, Rejection},
    guard::{Principal, Wants, authenticate},
    policy::{Policy, Requirement, Rules},
    scheme::{
        SecurityScheme,
        bearer::{self, Bearer},
        scheme_of,
    },
    secret::Secret,
    shared::Shared,
    token::AccessClaims,
    user::AuthUser,
};

const TOKEN: Rules<'static> = Rules::of(Policy::all(&[Requirement::Token]));

/// The user of this request, as a copy of its own: see [`Shared`].
///
/// # Errors
/// The refusal that a guard with `#[requires_active_user]` gives.
pub fn extract<U: AuthUser, S: UsersOf<U>>(
    parts: &mut Parts,
    state: &S,
) -> impl Future<Output = Result<U, Rejection>> + Send {
    async move {
        let Shared(user) = <Shared<U> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Arc::unwrap_or_clone(user))
    }
}

/// As [`extract`], and `None` where the request carries no credential at all.
///
/// # Errors
/// As [`extract`]: a credential that is present and wrong is a refusal, never `None`.
pub fn extract_optional<U: AuthUser, S: UsersOf<U>>(
    parts: &mut Parts,
    state: &S,
) -> impl Future<Output = Result<Option<U>, Rejection>> + Send {
    async move {
        let user = <Shared<U> as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(user.map(|Shared(user)| Arc::unwrap_or_clone(user)))
    }
}

/// What a security scheme yields for this request: what the guard found, or else the credential, authenticated here.
///
/// # Errors
/// The refusal that a guard which requires the scheme gives.
pub fn extract_scheme<K: SecurityScheme, S: AuthState>(
    parts: &mut Parts,
    state: &S,
) -> impl Future<Output = Result<K, Rejection>> + Send {
    async move {
        let found = extract_optional_scheme::<K, S>(parts, state).await?;
        found.ok_or_else(|| {
            let rules = Rules::of(const { Policy::all(&[Requirement::Scheme(&K::SCHEME, &[])]) });
            state.auth().answers().reject(Refusal::NoCredentials, rules, parts)
        })
    }
}

/// As [`extract_scheme`], and `None` where the request carries no such credential.
///
/// # Errors
/// As [`extract_scheme`]: a credential that is present and wrong is a refusal, never `None`.
pub fn extract_optional_scheme<K: SecurityScheme, S: AuthState>(
    parts: &mut Parts,
    state: &S,
) -> impl Future<Output = Result<Option<K>, Rejection>> + Send {
    async move {
        let scheme = scheme_of::<K>();
        if let Some(principal) = Principal::<S::User>::take(parts, |takes| takes.is_of_scheme(scheme)) {
            return Ok(principal.scheme());
        }
        let auth = state.auth();
        match (scheme.read)(scheme, auth.authenticators(), parts).await {
            Ok(found) => Ok(found.and_then(|found| found.value.downcast().ok()).map(|value| *value)),
            Err(refusal) => {
                let rules = Rules::of(const { Policy::all(&[Requirement::Scheme(&K::SCHEME, &[])]) });
                Err(auth.answers().reject(refusal, rules, parts))
            }
        }
    }
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
    claims: Arc<AccessClaims>,
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

impl GuardArgument for AccessToken {
    const TAKES: Takes = Takes::Token;
    const TAKES_OPTIONAL: Takes = Takes::OptionalToken;
}

impl<S: AuthState> FromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let token = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        token.ok_or_else(|| state.auth().answers().reject(Refusal::NoCredentials, TOKEN, parts))
    }
}

impl<S: AuthState> OptionalFromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        let auth = state.auth();
        let reject = |refusal, parts: &Parts| auth.answers().reject(refusal, TOKEN, parts);
        let text = match bearer::presented(&parts.headers, auth.answers().session_cookie) {
            Ok(shown) => shown.map(|shown| match shown {
                Bearer::Header(text) => Secret::new(text),
                Bearer::Cookie(text) => text,
            }),
            Err(fault) => return Err(reject(Refusal::InvalidToken(fault), parts)),
        };
        let claims = match Principal::<S::User>::take(parts, Takes::is_token) {
            Some(principal) => principal.claims(),
            None if text.is_none() => None,
            None => {
                let wants = Wants::of(&[Takes::Token]);
                let principal = authenticate(auth, parts, TOKEN, &wants).await;
                principal.map_err(|refusal| reject(refusal, parts))?.claims
            }
        };
        Ok(claims.map(|claims| Self { claims, text: text.unwrap_or_default() }))
    }
}
