//! The life of a user: registering, changing and resetting the password, verifying an email address, disabling, deleting.

use std::time::Duration;

use super::Auth;
use crate::{
    address::ClientAddress,
    error::{GrantFault, Refusal},
    form::{FormFault, Wrong},
    password::PasswordHash,
    secret::Secret,
    store::TokenPurpose,
    user::{AuthUser, is_too_long_a_name},
    watch::AuditEvent,
};

const RESET_LIFETIME: Duration = Duration::from_secs(60 * 60);
const VERIFY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// An email address that was shown to be its user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedEmail {
    /// Whose it is.
    pub username: String,
    /// The address.
    pub email: String,
}

impl<U: AuthUser> Auth<U> {
    /// Adds a user; false if there is one of this name already. [`hash_password`](Self::hash_password) makes the hash.
    ///
    /// The address is that of the user's own request, where it is one: nobody elsewhere can keep the user out
    /// [there](super::GuessingLimits). Else it is [`ClientAddress::UNKNOWN`].
    ///
    /// # Errors
    /// [`Refusal::BadForm`] for a name of more than 254 bytes, with which nobody logs in, [`Refusal::Unavailable`] if the store is
    /// down.
    pub async fn register(&self, user: &U, address: ClientAddress) -> Result<bool, Refusal> {
        if is_too_long_a_name(user.username()) {
            return Err(Refusal::BadForm(FormFault::field("username", Wrong::Unfit)));
        }
        let added = self.bounded(self.0.users.add(user)).await?;
        if added {
            self.record(&AuditEvent::of("user.registered", user.username()));
            if let Some(hash) = user.password_hash() {
                self.make_familiar(user.username(), hash, address).await;
            }
        }
        Ok(added)
    }

    /// Whether this user may choose this password, as the [rules](super::AuthBuilder::password_rules) say.
    ///
    /// # Errors
    /// [`Refusal::WeakPassword`].
    pub fn check_password(&self, username: &str, password: &Secret) -> Result<(), Refusal> {
        self.0.password_rules.check(username, password).map_err(Refusal::WeakPassword)
    }

    /// The hash of a new password, which is checked first.
    ///
    /// # Errors
    /// [`Refusal::WeakPassword`], and as [`hash_password`](Self::hash_password).
    pub async fn new_password(&self, username: &str, password: Secret) -> Result<PasswordHash, Refusal> {
        self.check_password(username, &password)?;
        self.hash_password(password).await
    }

    /// Changes a password, given the current one. Every session of the user ends: whoever else knew the password is out.
    ///
    /// # Errors
    /// As [`verify_login`](Self::verify_login) for the current password, and [`Refusal::WeakPassword`] for a bad new one.
    pub async fn change_password(
        &self,
        username: &str,
        current: &Secret,
        new: Secret,
        address: ClientAddress,
    ) -> Result<(), Refusal> {
        self.check_password(username, &new)?;
        let user = self.verify_login(username, current, address).await?;
        let hash = self.hash_password(new).await?;
        self.replace_password(username, &hash).await?;
        self.make_familiar(user.username(), &hash, address).await;
        Ok(())
    }

    /// Sets a password without the current one: for administrators.
    ///
    /// # Errors
    /// [`Refusal::NoSuchUser`], [`Refusal::WeakPassword`] for a bad new one, [`Refusal::Unavailable`] if a store is down.
    pub async fn set_password(&self, username: &str, new: Secret) -> Result<(), Refusal> {
        let hash = self.new_password(username, new).await?;
        self.replace_password(username, &hash).await
    }

    async fn replace_password(&self, username: &str, hash: &PasswordHash) -> Result<(), Refusal> {
        if !self.bounded(self.0.users.set_password_hash(username, hash)).await? {
            return Err(Refusal::NoSuchUser);
        }
        self.record(&AuditEvent::of("password.changed", username));
        self.end_sessions(username).await
    }

    /// A token with which this user can set a new password, once, within an hour; `None` if there is no such user, if the
    /// user is disabled, or if this was asked for too often.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down, or there is none of [`sessions`](super::AuthBuilder::sessions).
    pub async fn password_reset_token(&self, username: &str) -> Result<Option<Secret>, Refusal> {
        let user = self.find_named(username).await?.filter(|user| !user.is_disabled());
        let Some(user) = user else { return Ok(None) };
        if self.has_had_mail("reset", user.username()).await? {
            return Ok(None);
        }
        let token = self.keep_single_use(TokenPurpose::ResetPassword, user.username(), None, RESET_LIFETIME).await?;
        self.record(&AuditEvent::of("password.reset_asked", user.username()));
        Ok(Some(token))
    }

    /// Sets a new password with a token of [`password_reset_token`](Self::password_reset_token), and gives the username.
    /// Every session of the user ends, and the user is [no stranger](super::GuessingLimits) at this address alone: whoever goes on
    /// guessing elsewhere keeps nobody out who has a new password.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] if the token is unknown, used or expired, [`Refusal::WeakPassword`] for a bad password, with
    /// which the token is not used up, [`Refusal::Unavailable`] if a store is down.
    pub async fn reset_password(&self, token: &Secret, new: Secret, address: ClientAddress) -> Result<String, Refusal> {
        let kept = self.find_single_use(TokenPurpose::ResetPassword, token).await?;
        self.check_password(&kept.subject, &new)?;
        // Disabled since: the mail is no way around that.
        let user = self.find_user(&kept.subject).await?.filter(|user| !user.is_disabled());
        let Some(user) = user else { return Err(Refusal::BadGrant(GrantFault::InvalidGrant)) };
        let hash = self.hash_password(new).await?;
        self.use_single_use(&kept).await?;
        self.replace_password(&kept.subject, &hash).await?;
        self.make_familiar(user.username(), &hash, address).await;
        Ok(kept.subject)
    }

    /// A token that shows an email address to be this user's own, once, within a day; `None` if there is no such user, or if this was
    /// asked for too often.
    ///
    /// # Errors
    /// [`Refusal::BadForm`] for another address than the [user's own](AuthUser::email), where that is known, and as
    /// [`password_reset_token`](Self::password_reset_token).
    pub async fn email_token(&self, username: &str, email: &str) -> Result<Option<Secret>, Refusal> {
        let Some(user) = self.find_named(username).await? else { return Ok(None) };
        if is_anothers(&user, email) {
            return Err(Refusal::BadForm(FormFault::field("email", Wrong::NotYours)));
        }
        if self.has_had_mail("verify", username).await? {
            return Ok(None);
        }
        self.keep_single_use(TokenPurpose::VerifyEmail, username, Some(email), VERIFY_LIFETIME).await.map(Some)
    }

    /// Takes a token of [`email_token`](Self::email_token): the user's email address is verified, and the field marked
    /// `#[auth(verified)]` says so.
    ///
    /// The address is the one that was asked about. An application whose [user type](AuthUser::email) does not know it, or whose
    /// users change addresses, compares it.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] if the token is unknown, used or expired, or is for an address that is not the user's own,
    /// [`Refusal::NoSuchUser`], [`Refusal::Unavailable`] if a store is down.
    pub async fn verify_email(&self, token: &Secret) -> Result<VerifiedEmail, Refusal> {
        let kept = self.find_single_use(TokenPurpose::VerifyEmail, token).await?;
        let user = self.find_user(&kept.subject).await?.ok_or(Refusal::NoSuchUser)?;
        if is_anothers(&user, kept.detail.as_deref().unwrap_or_default()) {
            return Err(Refusal::BadGrant(GrantFault::InvalidGrant));
        }
        self.use_single_use(&kept).await?;
        if !self.bounded(self.0.users.set_verified(&kept.subject, true)).await? {
            return Err(Refusal::NoSuchUser);
        }
        self.record(&AuditEvent::of("email.verified", &kept.subject));
        Ok(VerifiedEmail { username: kept.subject, email: kept.detail.unwrap_or_default() })
    }

    /// Disables a user, and ends every session.
    ///
    /// # Errors
    /// [`Refusal::NoSuchUser`], [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn disable_user(&self, username: &str) -> Result<(), Refusal> {
        if !self.bounded(self.0.users.set_disabled(username, true)).await? {
            return Err(Refusal::NoSuchUser);
        }
        self.record(&AuditEvent::of("user.disabled", username));
        self.end_sessions(username).await
    }

    /// Lets a disabled user in again.
    ///
    /// # Errors
    /// [`Refusal::NoSuchUser`], [`Refusal::Unavailable`] if the store is down.
    pub async fn enable_user(&self, username: &str) -> Result<(), Refusal> {
        if !self.bounded(self.0.users.set_disabled(username, false)).await? {
            return Err(Refusal::NoSuchUser);
        }
        self.record(&AuditEvent::of("user.enabled", username));
        Ok(())
    }

    /// Removes a user, and ends every session.
    ///
    /// A name that is given to somebody else must not find sessions of its former owner: those are ended first.
    ///
    /// # Errors
    /// [`Refusal::NoSuchUser`], [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn delete_user(&self, username: &str) -> Result<(), Refusal> {
        self.end_sessions(username).await?;
        if !self.bounded(self.0.users.remove(username)).await? {
            return Err(Refusal::NoSuchUser);
        }
        self.record(&AuditEvent::of("user.deleted", username));
        // A login that was under way at the same time.
        self.end_sessions(username).await
    }
}

/// Whether this is known not to be the user's address.
fn is_anothers<U: AuthUser>(user: &U, email: &str) -> bool {
    user.email().is_some_and(|own| own != email)
}
