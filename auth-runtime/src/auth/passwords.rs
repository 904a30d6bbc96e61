//! Verifying a password, and replacing its hash.

use super::Auth;
use crate::{
    error::{Profile, Refusal},
    password::{PasswordHash, PoolError, Verdict},
    secret::Secret,
    user::AuthUser,
};

impl<U: AuthUser> Auth<U> {
    /// The user whose password this is.
    ///
    /// Costs exactly one hash, whether the user exists or not. A stored hash with outdated parameters is replaced
    /// once its password is known to be right.
    ///
    /// # Errors
    /// [`Refusal::BadLogin`] for an unknown user, a wrong password or an unreadable hash, and for a disabled user in
    /// [`Profile::Standard`]; [`Refusal::Unavailable`] if the store is down or too many logins wait.
    pub async fn verify_login(&self, username: &str, password: &Secret) -> Result<U, Refusal> {
        let found = self.find_user(username).await;
        let known = matches!(found, Ok(Some(_)));
        let outcome = match found {
            Ok(user) => self.verify_user(user, password).await,
            Err(refusal) => Err(refusal),
        };
        match &outcome {
            Ok(user) => tracing::info!(event = "login.granted", user = ?user.username()),
            Err(refusal) if known => {
                tracing::info!(event = "login.refused", user = ?username, reason = refusal.event());
            }
            // Who is unknown is not named: people type passwords into the field for the username.
            Err(refusal) => tracing::info!(event = "login.refused", reason = refusal.event()),
        }
        outcome
    }

    async fn verify_user(&self, user: Option<U>, password: &Secret) -> Result<U, Refusal> {
        let stored = user.as_ref().and_then(AuthUser::password_hash).cloned();
        let verdict = match &stored {
            Some(hash) => self.verify_hash(password, hash).await?,
            None => None,
        };
        let Some(verdict) = verdict else {
            // Nothing was computed, for want of a hash that can be read: what it would have cost is spent on another.
            self.verify_hash(password, &self.0.decoy).await?;
            return Err(Refusal::BadLogin);
        };
        let (Some(user), Some(stored)) = (user, stored) else { return Err(Refusal::BadLogin) };
        if verdict == Verdict::Mismatch || (user.is_disabled() && self.0.answers.profile == Profile::Standard) {
            return Err(Refusal::BadLogin);
        }
        if verdict == Verdict::MatchOutdated {
            self.upgrade_hash(user.username(), &stored, password).await;
        }
        Ok(user)
    }

    /// `None` for a hash that cannot be read.
    async fn verify_hash(&self, password: &Secret, hash: &PasswordHash) -> Result<Option<Verdict>, Refusal> {
        match self.0.pool.verify(password.clone(), hash.clone()).await {
            Ok(verdict) => Ok(Some(verdict)),
            Err(PoolError::Busy) => {
                tracing::warn!(event = "login.busy", "too many logins wait for a hash");
                Err(Refusal::Unavailable)
            }
            Err(PoolError::Hash(error)) => {
                tracing::error!(event = "login.unreadable_hash", %error);
                Ok(None)
            }
        }
    }

    /// Failing to replace an outdated hash is no reason to refuse the login: it will be tried again at the next.
    async fn upgrade_hash(&self, username: &str, outdated: &PasswordHash, password: &Secret) {
        match self.0.pool.hash(password.clone()).await {
            Ok(hash) => match self.within(self.0.users.replace_password_hash(username, outdated, &hash)).await {
                Ok(()) => tracing::info!(event = "password.upgraded", user = ?username),
                Err(error) => tracing::warn!(event = "password.upgrade_failed", user = ?username, %error),
            },
            Err(error) => tracing::warn!(event = "password.upgrade_failed", user = ?username, ?error),
        }
    }

    /// A hash of a new password, made on the pool, to be stored.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if too many logins wait, or without memory or randomness.
    pub async fn hash_password(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        self.0.pool.hash(password).await.map_err(|error| {
            tracing::warn!(event = "password.hash_failed", ?error);
            Refusal::Unavailable
        })
    }
}
