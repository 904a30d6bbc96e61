//! Mail to users, which the application sends.

use std::{future::Future, sync::Arc, time::Duration};

use super::{Auth, attempts::account_key, unavailable};
use crate::{
    error::Refusal,
    secret::Secret,
    store::{Boxed, Counter, Pace, StoreError, Taken},
    user::AuthUser,
};

const HOUR: Duration = Duration::from_secs(60 * 60);
/// A mailer that does not come back keeps the place of another mail.
const MAIL_TIMEOUT: Duration = Duration::from_secs(60);
/// How many mails of a kind one user is sent.
const MAILS: Pace = Pace { free: 5, wait: HOUR, longest_wait: HOUR, window: HOUR };
/// More than these under way, and who asks for one is asked to come back.
pub(super) const MOST_MAILS_AT_ONCE: usize = 64;

/// What is to be sent to a user. The token goes into a link; whoever has it can use it, once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Mail {
    /// A way to set a new password, for an hour.
    ResetPassword {
        /// Whose password.
        username: String,
        /// What [`Auth::reset_password`] takes.
        token: Secret,
    },
    /// A way to show that an email address is one's own, for a day.
    VerifyEmail {
        /// Whose address.
        username: String,
        /// Where the mail goes.
        email: String,
        /// What [`Auth::verify_email`] takes.
        token: Secret,
    },
}

/// The team's own way to send mail: what [`AuthBuilder::mailer`](super::AuthBuilder::mailer) takes.
///
/// ```
/// use auth_runtime::{Mail, Mailer, StoreError};
///
/// struct Outbox(tokio::sync::mpsc::UnboundedSender<String>);
///
/// impl Mailer for Outbox {
///     async fn send(&self, mail: Mail) -> Result<(), StoreError> {
///         if let Mail::ResetPassword { username, token } = mail {
///             let link = format!("https://app.example/reset?token={}", token.expose());
///             self.0.send(format!("to {username}: {link}")).map_err(|_| StoreError::new("the outbox is closed"))?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Mailer: Send + Sync + 'static {
    /// Sends it, within a minute. What goes wrong is logged; the user may ask again.
    fn send(&self, mail: Mail) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// [`Mailer`] as an object.
pub(super) trait AnyMailer: Send + Sync {
    fn send(&self, mail: Mail) -> Boxed<'_, Result<(), StoreError>>;
}

impl<T: Mailer> AnyMailer for T {
    fn send(&self, mail: Mail) -> Boxed<'_, Result<(), StoreError>> {
        Box::pin(Mailer::send(self, mail))
    }
}

impl<U: AuthUser> Auth<U> {
    /// Sends a way to set a new password to whoever has this name, if anyone has. It is not waited for, so that the answer and its
    /// time are the same for every name.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if too many mails are under way.
    pub(crate) fn send_password_reset(&self, username: String) -> Result<(), Refusal> {
        let place = Arc::clone(&self.0.mails)
            .try_acquire_owned()
            .map_err(|_| unavailable("mail.failed", &StoreError::new("too many mails are under way")))?;
        let auth = self.clone();
        tokio::spawn(async move {
            if let Ok(Some(token)) = auth.password_reset_token(&username).await {
                auth.send(Mail::ResetPassword { username, token }).await;
            }
            drop(place);
        });
        Ok(())
    }

    /// Sends a mail. What goes wrong is logged; the user may ask again.
    pub(crate) async fn send(&self, mail: Mail) {
        let sent = match &self.0.mailer {
            Some(mailer) => {
                let late = |_| Err(StoreError::new(format!("no mail was sent within {MAIL_TIMEOUT:?}")));
                tokio::time::timeout(MAIL_TIMEOUT, mailer.send(mail)).await.unwrap_or_else(late)
            }
            None => Err(StoreError::new("there is nobody to send mail: add `.mailer(..)` to the Auth")),
        };
        if let Err(error) = sent {
            unavailable("mail.failed", &error);
        }
    }

    /// Counts one more mail of this kind to this user, or says that there were enough.
    pub(super) async fn has_had_mail(&self, kind: &str, username: &str) -> Result<bool, Refusal> {
        let mails = [Counter { key: format!("{kind}-mail:{}", account_key(username)), pace: MAILS }];
        let taken = self.bounded(self.0.counters.take(&mails, self.0.clock.unix_seconds())).await?;
        Ok(matches!(taken, Taken::TooEarly(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuthUser, MemoryStore, MemoryUsers, Randomness, SigningKey};

    #[derive(AuthUser, Clone)]
    #[auth(no_password, always_active)]
    struct User {
        #[auth(username)]
        name: String,
    }

    struct Lost;

    impl Mailer for Lost {
        async fn send(&self, _: Mail) -> Result<(), StoreError> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_mailer_that_does_not_come_back_keeps_nobodys_place() {
        let name = |number: usize| format!("user{number}");
        let auth =
            Auth::builder(MemoryUsers::from_iter((0..=MOST_MAILS_AT_ONCE).map(|number| User { name: name(number) })))
                .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
                .sessions(MemoryStore::new())
                .mailer(Lost)
                .build()
                .unwrap();
        for number in 0..MOST_MAILS_AT_ONCE {
            assert_eq!(auth.send_password_reset(name(number)), Ok(()));
        }
        assert_eq!(auth.send_password_reset(name(MOST_MAILS_AT_ONCE)), Err(Refusal::Unavailable));
        tokio::time::sleep(MAIL_TIMEOUT + Duration::from_secs(1)).await;
        assert_eq!(auth.send_password_reset(name(MOST_MAILS_AT_ONCE)), Ok(()));
    }
}
