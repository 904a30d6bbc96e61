//! Verifying a password, and replacing its hash.

use super::Auth;
use crate::{
    address::ClientAddress,
    error::{Profile, Refusal},
    password::{HashingTurn, PasswordFault, PasswordHash, PoolError, Verdict, is_too_long},
    secret::Secret,
    user::{AuthUser, MAX_NAME_BYTES},
    watch::AuditEvent,
};

/// What became of a try, and for whoever watches, why.
enum Outcome<U> {
    Granted(U),
    Refused { refusal: Refusal, reason: &'static str, user: Option<U> },
}

impl<U> Outcome<U> {
    fn refused(refusal: Refusal, user: Option<U>) -> Self {
        let reason = refusal.event();
        Self::Refused { refusal, reason, user }
    }

    fn bad_login(reason: &'static str, user: Option<U>) -> Self {
        Self::Refused { refusal: Refusal::BadLogin, reason, user }
    }
}

impl<U: AuthUser> Auth<U> {
    /// The user whose password this is, for a request from this address.
    ///
    /// Costs exactly one hash, whether the user exists or not, and the same one whatever is stored: who is unknown, disabled,
    /// locked or without a password cannot be told from who has another one. It is held to the
    /// [limits on guessing](super::GuessingLimits). A stored hash with outdated parameters is replaced once its password is known to
    /// be right.
    ///
    /// # Errors
    /// [`Refusal::BadLogin`] for an unknown user, a wrong password or an unreadable hash, and for a disabled user in
    /// [`Profile::Standard`]; [`Refusal::TooManyAttempts`]; [`Refusal::Unavailable`] if a store is down or too many logins
    /// wait.
    pub async fn verify_login(&self, username: &str, password: &Secret, address: ClientAddress) -> Result<U, Refusal> {
        let about = |event: &'static str| AuditEvent { address: address.ip(), ..AuditEvent::new(event) };
        match self.try_login(username, password, address).await {
            Outcome::Granted(user) => {
                self.record(AuditEvent { user: Some(user.username()), ..about("login.granted") });
                Ok(user)
            }
            Outcome::Refused { refusal, reason, user } => {
                // Who is unknown is not named: people type passwords into the field for the username.
                let user = user.as_ref().map(AuthUser::username);
                self.record(AuditEvent { user, reason: Some(reason), ..about("login.refused") });
                Err(refusal)
            }
        }
    }

    async fn try_login(&self, username: &str, password: &Secret, address: ClientAddress) -> Outcome<U> {
        if is_too_long(password) {
            return Outcome::bad_login("too_long", None);
        }
        let place = match self.0.pool.enter() {
            Ok(place) => place,
            Err(error) => return busy(&error, None),
        };
        let user = match self.find_named(username).await {
            Ok(user) => user,
            Err(refusal) => return Outcome::refused(refusal, None),
        };
        // By the name in the store, where there may be several names for one account.
        let unknown = if is_too_long_a_name(username) { "" } else { username };
        let name = user.as_ref().map_or(unknown, AuthUser::username);
        let stored = user.as_ref().and_then(AuthUser::password_hash).cloned();
        let attempt = match self.attempt(name, stored.as_ref(), address).await {
            Ok(attempt) => attempt,
            Err(refusal) => return Outcome::refused(refusal, user),
        };
        let turn = match place.turn().await {
            Ok(turn) => turn,
            Err(error) => return busy(&error, user),
        };
        let counted = match self.count_attempt(&attempt).await {
            Ok(counted) => counted,
            Err(refusal) => return Outcome::refused(refusal, user),
        };
        let verified =
            turn.verify(password.clone(), stored.clone().filter(|_| !counted.locked), self.0.decoy.clone()).await;
        let verdict = match verified {
            Ok(verdict) => verdict,
            Err(error) => return busy(&error, user),
        };
        if counted.locked {
            let user_name = user.as_ref().map(AuthUser::username);
            self.record(AuditEvent { user: user_name, address: address.ip(), ..AuditEvent::new("login.locked") });
            return Outcome::bad_login("locked", user);
        }
        let (user, stored) = match (user, stored) {
            (Some(user), Some(stored)) => (user, stored),
            (Some(user), None) => return Outcome::bad_login("no_password", Some(user)),
            (None, _) => return Outcome::bad_login("unknown_user", None),
        };
        let stored = match verdict {
            Err(error) => {
                tracing::error!(event = "login.unreadable_hash", %error);
                return Outcome::bad_login("unreadable_hash", Some(user));
            }
            Ok(Verdict::Mismatch) => return Outcome::bad_login("wrong_password", Some(user)),
            Ok(Verdict::Match | Verdict::MatchOutdated)
                if user.is_disabled() && self.0.answers.profile == Profile::Standard =>
            {
                return Outcome::bad_login("disabled", Some(user));
            }
            Ok(Verdict::Match) => stored,
            Ok(Verdict::MatchOutdated) => {
                self.upgrade_hash(&turn, user.username(), &stored, password).await.unwrap_or(stored)
            }
        };
        self.attempt_succeeded(&counted).await;
        self.make_familiar(user.username(), &stored, address).await;
        // Only now: of those that are counted and may yet turn out right, there are no more than turns.
        drop(turn);
        Outcome::Granted(user)
    }

    /// Whoever has a name that somebody typed. One that is longer than any that is kept is nobody's, and no work is done for it.
    pub(super) async fn find_named(&self, username: &str) -> Result<Option<U>, Refusal> {
        if is_too_long_a_name(username) { Ok(None) } else { self.find_user(username).await }
    }

    /// The hash that is stored from now on. Failing to replace an outdated one is no reason to refuse the login: it will be
    /// tried again at the next.
    async fn upgrade_hash(
        &self,
        turn: &HashingTurn,
        username: &str,
        outdated: &PasswordHash,
        password: &Secret,
    ) -> Option<PasswordHash> {
        let hash = turn
            .hash(password.clone())
            .await
            .inspect_err(|error| tracing::warn!(event = "password.upgrade_failed", user = ?username, ?error));
        let hash = hash.ok()?;
        match self.within(self.0.users.replace_password_hash(username, outdated, &hash)).await {
            Ok(()) => {
                self.record(AuditEvent::of("password.upgraded", username));
                Some(hash)
            }
            Err(error) => {
                tracing::warn!(event = "password.upgrade_failed", user = ?username, %error);
                None
            }
        }
    }

    /// A hash of a new password, made on the pool, to be stored.
    ///
    /// # Errors
    /// [`Refusal::WeakPassword`] for one that is longer than any password, [`Refusal::Unavailable`] if too many logins wait, or
    /// without memory or randomness.
    pub async fn hash_password(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        if is_too_long(&password) {
            return Err(Refusal::WeakPassword(PasswordFault::TooLong));
        }
        self.0.pool.hash(password).await.map_err(|error| {
            tracing::warn!(event = "password.hash_failed", ?error);
            Refusal::Unavailable
        })
    }
}

pub(super) fn is_too_long_a_name(username: &str) -> bool {
    username.len() > MAX_NAME_BYTES
}

fn busy<U>(error: &PoolError, user: Option<U>) -> Outcome<U> {
    if let PoolError::Hash(error) = error {
        tracing::error!(event = "password.hash_failed", %error);
    }
    Outcome::Refused { refusal: Refusal::Unavailable, reason: "busy", user }
}
