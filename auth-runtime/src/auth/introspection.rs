//! What is known of a token, and taking it back: for clients that hold it or are shown it.

use std::sync::Arc;

use serde::Serialize;

use super::{Auth, Tokens};
use crate::{
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{Client, FoundToken, TokenDigest, TokenPurpose},
    token::AccessClaims,
    user::AuthUser,
};

/// The answer to an introspection (RFC 7662 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether the token is good now; of one that is not, nothing else is said.
    pub active: bool,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whose it is; a client's own token has no user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer`, for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// When it expires, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
    /// When it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl Introspection {
    const INACTIVE: Self = Self {
        active: false,
        scope: None,
        client_id: None,
        username: None,
        token_type: None,
        exp: None,
        iat: None,
        sub: None,
        aud: None,
        iss: None,
        jti: None,
    };

    fn of(claims: AccessClaims) -> Self {
        let username = (!claims.is_of_client()).then(|| claims.subject.clone());
        Self {
            active: true,
            scope: Some(claims.scopes.join(" ")),
            client_id: claims.client,
            username,
            token_type: Some("Bearer"),
            exp: claims.expires_at,
            iat: claims.issued_at,
            sub: Some(claims.subject),
            aud: None,
            iss: None,
            jti: claims.id,
        }
    }
}

impl<U: AuthUser> Auth<U> {
    /// What a token is good for. One whose user is gone or disabled is good for nothing.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down.
    pub async fn introspect(&self, token: &Secret) -> Result<Introspection, Refusal> {
        let mut found = match self.verify_token(token.expose()).await {
            Ok(claims) => Introspection::of(Arc::unwrap_or_clone(claims)),
            Err(Refusal::Unavailable) => return Err(Refusal::Unavailable),
            Err(_) => self.introspect_refresh(token).await?,
        };
        if let Some(username) = &found.username
            && self.find_user(username).await?.is_none_or(|user| user.is_disabled())
        {
            return Ok(Introspection::INACTIVE);
        }
        if let (true, Tokens::Jwt(jwt), Some(_)) = (found.active, &self.0.tokens, found.token_type) {
            found.iss = Some(jwt.verifier.issuer.clone());
            found.aud = Some(jwt.verifier.audience.clone());
        }
        Ok(found)
    }

    async fn introspect_refresh(&self, token: &Secret) -> Result<Introspection, Refusal> {
        let Some(FoundToken { token, session: Some(session) }) = self.find_kept(token).await? else {
            return Ok(Introspection::INACTIVE);
        };
        let now = self.0.clock.unix_seconds();
        let is_over = session.ended_at.is_some() || session.expires_at <= now;
        if token.purpose != TokenPurpose::Refresh || token.used_at.is_some() || token.expires_at <= now || is_over {
            return Ok(Introspection::INACTIVE);
        }
        Ok(Introspection {
            active: true,
            scope: Some(session.scopes.join(" ")),
            client_id: session.client,
            username: Some(session.subject.clone()),
            exp: Some(token.expires_at),
            iat: Some(token.issued_at),
            sub: Some(session.subject),
            ..Introspection::INACTIVE
        })
    }

    /// Takes a token back that was issued to this client (RFC 7009): a refresh token with its whole session, an access token
    /// alone. One that is unknown or another client's is left as it is, without an error.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] for a signed access token where revocations are not kept; [`Refusal::Unavailable`] if a store is
    /// down: the token is then as good as before.
    pub async fn revoke(&self, token: &Secret, client: Option<&Client>) -> Result<(), Refusal> {
        let id = client.map(|client| client.id.as_str());
        if let Some(FoundToken { token: kept, session: Some(session) }) = self.find_kept(token).await?
            && kept.purpose == TokenPurpose::Refresh
        {
            return if session.client.as_deref() == id { self.end_session(&session.id).await } else { Ok(()) };
        }
        let claims = match self.verify_token(token.expose()).await {
            Ok(claims) if claims.client.as_deref() == id => claims,
            Err(Refusal::Unavailable) => return Err(Refusal::Unavailable),
            Ok(_) | Err(_) => return Ok(()),
        };
        if !matches!(self.0.tokens, Tokens::Opaque { .. }) && self.0.revocations.is_none() {
            return Err(Refusal::BadGrant(GrantFault::UnsupportedTokenType));
        }
        self.revoke_token(token, &claims).await
    }

    async fn find_kept(&self, token: &Secret) -> Result<Option<FoundToken>, Refusal> {
        let Some(sessions) = &self.0.sessions else { return Ok(None) };
        self.bounded(sessions.store.find(&TokenDigest::of(token.expose()))).await
    }
}
