//! One try of a password: what it is counted on, and where its user is no stranger.

use std::sync::Once;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::Auth;
use crate::{
    address::ClientAddress,
    error::Refusal,
    password::PasswordHash,
    store::{Counter, Turn},
};

/// One try of a password, and what it is counted on.
pub(super) struct Attempt {
    counters: Vec<Counter>,
    known: bool,
}

/// A user, at an address, with the password of now: who registers another spelling of a name is somebody else, and a changed
/// password makes everybody a stranger who knew the old one.
struct Familiar {
    user: String,
    here: String,
}

impl Familiar {
    fn at(name: &str, stored: &PasswordHash, address: ClientAddress) -> Option<Self> {
        let network = address.network()?;
        Some(Self { user: digest(&[name]), here: digest(&[name, &network, stored.expose()]) })
    }
}

/// Whether a try may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    /// It may.
    Yes,
    /// It may, and is in vain whatever the password.
    Locked,
}

impl<U> Auth<U> {
    /// Whether a try would be let through now. Nothing is counted yet. Whoever has no hash is asked about in the same way.
    pub(super) async fn attempt(
        &self,
        name: &str,
        stored: Option<&PasswordHash>,
        address: ClientAddress,
    ) -> Result<Attempt, Refusal> {
        let network = address.network();
        if network.is_none() {
            static SAY_ONCE: Once = Once::new();
            SAY_ONCE.call_once(|| {
                tracing::warn!(
                    event = "login.no_address",
                    "the address of logins is not known, and all of them share one limit: serve the router by `.into_make_service_with_connect_info::<SocketAddr>()`, or put a `ClientAddress` into the extensions of its requests"
                );
            });
        }
        let now = self.0.clock.unix_seconds();
        let familiar = match Familiar::at(name, stored.unwrap_or(&self.0.decoy), address) {
            Some(familiar) => {
                let known = self.bounded(self.0.counters.remembers(&familiar.user, &familiar.here, now)).await?;
                known.then_some(familiar)
            }
            None => None,
        };
        let limits = &self.0.guessing;
        let known = familiar.is_some();
        let counters = match familiar {
            Some(familiar) => {
                vec![Counter { key: format!("familiar:{}", familiar.here), pace: limits.familiar }]
            }
            None => {
                let address = network.as_deref().unwrap_or("unknown");
                vec![
                    Counter { key: format!("account:{}", account(name)), pace: limits.account },
                    Counter { key: format!("address:{address}"), pace: limits.address },
                    Counter { key: "everyone".to_owned(), pace: limits.everyone },
                ]
            }
        };
        let attempt = Attempt { counters, known };
        match self.bounded(self.0.counters.wait(&attempt.keys(), now)).await? {
            0 => Ok(attempt),
            wait => Err(Refusal::TooManyAttempts(wait)),
        }
    }

    /// Counts a try, just before its password is looked at. Of any number at once, no more are let through than there are turns.
    pub(super) async fn count_attempt(&self, attempt: &Attempt) -> Result<Admitted, Refusal> {
        let now = self.0.clock.unix_seconds();
        match self.bounded(self.0.counters.take(&attempt.counters, now)).await? {
            Turn::Early(wait) => Err(Refusal::TooManyAttempts(wait)),
            Turn::Taken(count) if count > self.0.guessing.lock_after && !attempt.known => Ok(Admitted::Locked),
            Turn::Taken(_) => Ok(Admitted::Yes),
        }
    }

    /// The password was right: this try does not count. Those of others do.
    ///
    /// Failing to say so leaves a count that is too high, and is no reason to refuse the login.
    pub(super) async fn attempt_succeeded(&self, attempt: &Attempt) {
        let now = self.0.clock.unix_seconds();
        if let Err(error) = self.within(self.0.counters.give_back(&attempt.keys(), now)).await {
            tracing::warn!(event = "guessing.not_settled", %error);
        }
    }

    /// This user has shown to be the user at this address, and is no stranger there for as long as the password is this one.
    ///
    /// Failing to keep that leaves a stranger, and is no reason to refuse anything.
    pub(super) async fn make_familiar(&self, name: &str, stored: &PasswordHash, address: ClientAddress) {
        let for_seconds = self.0.guessing.familiar_for.as_secs();
        let Some(Familiar { user, here }) = Familiar::at(name, stored, address).filter(|_| for_seconds > 0) else {
            return;
        };
        let now = self.0.clock.unix_seconds();
        let until = now.saturating_add(for_seconds);
        if let Err(error) = self.within(self.0.counters.remember(&user, &here, now, until)).await {
            tracing::warn!(event = "guessing.not_settled", %error);
        }
    }
}

impl Attempt {
    fn keys(&self) -> Vec<&str> {
        self.counters.iter().map(|counter| counter.key.as_str()).collect()
    }
}

/// A name as the key of a counter, which all that differ in case, in width or in how their accents are written share: whether
/// there is a user of a name makes no difference to it.
pub(super) fn account(username: &str) -> String {
    digest(&[&folded(username)])
}

/// Texts as a key: of one length, and not readable where it is kept.
fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = <[u8; 32]>::from(hash.finalize());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn folded(username: &str) -> String {
    let compatible: String = username.trim().nfkc().collect();
    // By way of capitals, since some letters share theirs: ß and ss, σ and ς.
    compatible.to_uppercase().to_lowercase().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn variants_of_a_name_are_one_account() {
        for (one, other) in [
            ("alice", "ALICE"),
            ("alice", "Alice "),
            ("alice", "ａｌｉｃｅ"),
            ("zoë", "ZOE\u{308}"),
            ("straße", "STRASSE"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("ﬁona", "fiona"),
            ("\u{212a}elvin", "kelvin"),
        ] {
            assert_eq!(account(one), account(other), "{one} {other}");
        }
        assert_ne!(account("alice"), account("alicia"));
        assert_ne!(account("zoë"), account("zoe"));
        assert_eq!(account("alice").len(), 22);
    }

    #[test]
    fn who_is_familiar_is_one_user_with_one_password_at_one_address() {
        let at = |name: &str, hash: &str, ip: &str| {
            let address = ip.parse::<IpAddr>().unwrap().into();
            Familiar::at(name, &PasswordHash::from_stored(hash), address).unwrap().here
        };
        let alice = at("alice", "hash", "192.0.2.1");
        assert_eq!(alice, at("alice", "hash", "192.0.2.1"));
        for other in [
            at("Alice", "hash", "192.0.2.1"),
            at("alice", "hash2", "192.0.2.1"),
            at("alice", "hash", "192.0.2.2"),
            at("alice1", "hash", "92.0.2.1"),
        ] {
            assert_ne!(alice, other);
        }
        assert!(Familiar::at("alice", &PasswordHash::from_stored("hash"), ClientAddress::UNKNOWN).is_none());
    }
}
