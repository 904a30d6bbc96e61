//! Renewing a session (RFC 6749 section 6).

use super::{Auth, IssuedTokens, sessions::Sessions};
use crate::{
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{Client, FoundToken, Session, TokenDigest, TokenPurpose},
    user::AuthUser,
    watch::AuditEvent,
};

impl<U: AuthUser> Auth<U> {
    /// Renews a session (RFC 6749 section 6): the refresh token is used up, and new tokens come in its place.
    ///
    /// Of any number of callers with one token, one is given tokens. A token that was used before ends its whole session,
    /// since either its holder or whoever used it has stolen it (RFC 9700 section 4.14.2). `scopes` may ask for less than was
    /// granted, for this access token.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] if the token is not good for this client, the session is over, or the user is gone or disabled,
    /// and for a scope beyond those granted; [`Refusal::Unavailable`] if a store is down. A token is then either used up, or
    /// as good as before.
    pub async fn refresh(
        &self,
        token: &Secret,
        client: Option<&Client>,
        scopes: Option<&[String]>,
    ) -> Result<IssuedTokens, Refusal> {
        let outcome = self.try_refresh(token, client, scopes).await;
        match &outcome {
            Ok(issued) => {
                self.record(&AuditEvent { session: issued.session.as_deref(), ..AuditEvent::new("token.refreshed") });
            }
            Err(refusal) => {
                self.record(&AuditEvent { reason: Some(refusal.event()), ..AuditEvent::new("refresh.refused") });
            }
        }
        outcome
    }

    async fn try_refresh(
        &self,
        token: &Secret,
        client: Option<&Client>,
        scopes: Option<&[String]>,
    ) -> Result<IssuedTokens, Refusal> {
        const REFUSED: Refusal = Refusal::BadGrant(GrantFault::InvalidGrant);
        let Some(sessions) = &self.0.sessions else { return Err(REFUSED) };
        let digest = TokenDigest::of(token.expose());
        let Some(FoundToken { token, session: Some(session) }) = self.bounded(sessions.store.find(&digest)).await?
        else {
            return Err(REFUSED);
        };
        let now = self.0.clock.unix_seconds();
        if token.purpose != TokenPurpose::Refresh
            || session.client.as_deref() != client.map(|client| client.id.as_str())
        {
            return Err(REFUSED);
        }
        if let Some(used_at) = token.used_at {
            self.replayed(sessions, &session, used_at, now).await?;
            return Err(REFUSED);
        }
        if token.expires_at <= now || session.expires_at <= now || session.ended_at.is_some() {
            return Err(REFUSED);
        }
        let user = self.find_user(&session.subject).await?;
        if user.is_none_or(|user| user.is_disabled()) {
            self.end_session(&session.id).await?;
            return Err(REFUSED);
        }
        let granted = match scopes {
            None => &session.scopes,
            Some(wanted) if wanted.iter().all(|scope| session.scopes.contains(scope)) => wanted,
            Some(_) => return Err(Refusal::BadGrant(GrantFault::InvalidScope)),
        };
        let (issued, kept) = self.new_tokens(sessions, &session, granted, now).await?;
        if self.bounded(sessions.store.exchange(&digest, now, &kept)).await? {
            return Ok(issued);
        }
        // Somebody was faster.
        self.replayed(sessions, &session, now, now).await?;
        Err(REFUSED)
    }

    async fn replayed(&self, sessions: &Sessions, session: &Session, used_at: u64, now: u64) -> Result<(), Refusal> {
        if now.saturating_sub(used_at) < sessions.lifetime.reuse_grace.as_secs() {
            return Ok(());
        }
        let session_id = Some(session.id.as_str());
        self.record(&AuditEvent { session: session_id, ..AuditEvent::of("refresh.replayed", &session.subject) });
        self.end_session(&session.id).await
    }
}
