//! Taking back what was given: one token, one session, or all of a user's.

use std::time::Duration;

use super::{
    Auth, Tokens,
    builder::{LONGEST_LIFETIME, MAX_LEEWAY},
};
use crate::{
    error::Refusal,
    secret::Secret,
    store::TokenDigest,
    token::{AccessClaims, TokenFault},
    watch::AuditEvent,
};

impl<U> Auth<U> {
    /// Whether a signed token or its session is revoked, where that is kept.
    pub(super) async fn check_revoked(&self, claims: &AccessClaims) -> Result<(), Refusal> {
        let Some(revocations) = &self.0.revocations else { return Ok(()) };
        let mut ids = Vec::with_capacity(2);
        ids.extend(claims.id.as_deref().map(revoked_token));
        ids.extend(claims.session.as_deref().map(revoked_session));
        let now = self.0.clock.unix_seconds();
        if self.bounded(revocations.is_any_revoked(&ids, now)).await? {
            return Err(Refusal::InvalidToken(TokenFault::Revoked));
        }
        Ok(())
    }

    /// Revokes one access token; its session goes on.
    ///
    /// Without [`revocations`](super::AuthBuilder::revocations), a signed token stays good until it expires.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: the token is then not revoked.
    pub async fn revoke_token(&self, token: &Secret, claims: &AccessClaims) -> Result<(), Refusal> {
        let now = self.0.clock.unix_seconds();
        if let (Some(revocations), Some(id)) = (&self.0.revocations, &claims.id) {
            let until = claims.expires_at.unwrap_or(now).saturating_add(self.longest_token());
            self.bounded(revocations.revoke(&[revoked_token(id)], until)).await?;
        }
        if let (Tokens::Opaque { .. }, Some(sessions)) = (&self.0.tokens, &self.0.sessions) {
            self.bounded(sessions.store.exchange(&TokenDigest::of(token.expose()), now, &[])).await?;
        }
        self.record(&AuditEvent::of("token.revoked", &claims.subject));
        Ok(())
    }

    /// Logs out this session: its refresh tokens end, and its access tokens as soon as that is checked.
    ///
    /// An opaque token is refused from the answer on, and so is a signed one with
    /// [`revocations`](super::AuthBuilder::revocations); without them, a signed one stays good until it expires.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn end_session(&self, id: &str) -> Result<(), Refusal> {
        let now = self.0.clock.unix_seconds();
        if let Some(sessions) = &self.0.sessions {
            self.bounded(sessions.store.end_session(id, now)).await?;
        }
        self.revoke_sessions(&[id.to_owned()], now).await?;
        self.record(&AuditEvent { session: Some(id), ..AuditEvent::new("session.ended") });
        Ok(())
    }

    /// Logs out everywhere: every session of a user ends, as [`end_session`](Self::end_session) says, and the user's tokens of
    /// single use are taken away.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn end_sessions(&self, username: &str) -> Result<(), Refusal> {
        let Some(sessions) = &self.0.sessions else { return Ok(()) };
        let now = self.0.clock.unix_seconds();
        let ended = self.bounded(sessions.store.end_sessions(username, now)).await?;
        self.revoke_sessions(&ended, now).await?;
        self.record(&AuditEvent::of("sessions.ended", username));
        Ok(())
    }

    async fn revoke_sessions(&self, ids: &[String], now: u64) -> Result<(), Refusal> {
        let Some(revocations) = self.0.revocations.as_ref().filter(|_| !ids.is_empty()) else { return Ok(()) };
        let ids: Vec<String> = ids.iter().map(|id| revoked_session(id)).collect();
        self.bounded(revocations.revoke(&ids, now.saturating_add(self.longest_token()))).await
    }

    /// How long a revocation has to be kept, in seconds: no token that is out now is good for longer. Nor is one that is
    /// issued in this very moment, by a renewal that began before the end of its session.
    fn longest_token(&self) -> u64 {
        const UNDER_WAY: Duration = Duration::from_secs(60);
        let longest = match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.lifetime + jwt.verifier.leeway,
            // Whoever verifies the tokens of this store's other applications may have a leeway.
            _ => LONGEST_LIFETIME + MAX_LEEWAY,
        };
        (longest + self.0.store_timeout.min(UNDER_WAY) + UNDER_WAY).as_secs()
    }
}

fn revoked_token(id: &str) -> String {
    format!("token:{id}")
}

fn revoked_session(id: &str) -> String {
    format!("session:{id}")
}
