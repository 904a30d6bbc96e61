//! Tokens that are good for one thing, once.

use std::time::Duration;

use super::{Auth, sessions::TOKEN_BYTES};
use crate::{
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{KeptToken, TokenDigest, TokenPurpose},
};

impl<U> Auth<U> {
    /// A token of single use, kept for this long.
    pub(super) async fn keep_single_use(
        &self,
        purpose: TokenPurpose,
        subject: &str,
        detail: Option<&str>,
        lifetime: Duration,
    ) -> Result<Secret, Refusal> {
        let sessions = self.kept()?;
        let token = self.random::<TOKEN_BYTES>()?;
        let now = self.0.clock.unix_seconds();
        let kept = KeptToken {
            digest: TokenDigest::of(token.expose()),
            purpose,
            session: None,
            subject: subject.to_owned(),
            client: None,
            scopes: Vec::new(),
            detail: detail.map(str::to_owned),
            issued_at: now,
            expires_at: now.saturating_add(lifetime.as_secs()),
            used_at: None,
        };
        self.bounded(sessions.store.keep(&kept)).await?;
        Ok(token)
    }

    /// What a token of single use is good for, if it is. It stays good until it is [used](Self::use_single_use).
    pub(super) async fn find_single_use(&self, purpose: TokenPurpose, token: &Secret) -> Result<KeptToken, Refusal> {
        let sessions = self.kept()?;
        let found = self.bounded(sessions.store.find(&TokenDigest::of(token.expose()))).await?;
        let now = self.0.clock.unix_seconds();
        let good = |token: &KeptToken| token.purpose == purpose && token.used_at.is_none() && now < token.expires_at;
        found.map(|found| found.token).filter(good).ok_or(Refusal::BadGrant(GrantFault::InvalidGrant))
    }

    /// Uses it up. Of any number of callers, one gets past.
    pub(super) async fn use_single_use(&self, token: &KeptToken) -> Result<(), Refusal> {
        let sessions = self.kept()?;
        let used = sessions.store.exchange(&token.digest, self.0.clock.unix_seconds(), &[]);
        if self.bounded(used).await? { Ok(()) } else { Err(Refusal::BadGrant(GrantFault::InvalidGrant)) }
    }
}
