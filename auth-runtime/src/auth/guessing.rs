//! Limits on guessing passwords: for an account, for an address, and for everyone together.

use std::{sync::Once, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::Auth;
use crate::{
    address::ClientAddress,
    error::Refusal,
    store::{Counter, Pace, Turn},
};

/// How often passwords may be tried in vain. What is right is not counted.
///
/// A user who has logged in from an address is no stranger there: for that user and that address only a count of their own
/// holds, that of [`familiar`](Self::familiar). So nobody elsewhere can lock a user out, however often they try.
/// Everybody else is a stranger, and held to the other three.
///
/// Who comes too early is answered with 429 and `Retry-After`, without a look at the password. Names that differ in case or in
/// how Unicode writes them are one account, and whether there is a user of a name makes no difference.
///
/// ```
/// use std::{sync::Once, time::Duration};
/// use auth_runtime::{GuessingLimits, Pace};
///
/// let limits = GuessingLimits::default();
/// assert_eq!(limits.account.free, 5);
/// // Behind a gateway that limits addresses itself:
/// let limits = GuessingLimits { address: Pace::UNLIMITED, ..limits };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessingLimits {
    /// For one account. Unless said: five in a row, then a second, doubled each time up to a quarter of an hour; forgotten after
    /// a day.
    pub account: Pace,
    /// So many within the window of [`account`](Self::account), 100 unless said (the most that NIST SP 800-63B-4 allows), and for
    /// strangers the account is locked until it has passed: what they are answered is what a wrong password is answered.
    pub lock_after: u64,
    /// For one account at an address where it is known. Unless said: 20 in a row, then as for strangers. Logins that run at the
    /// same time count until each has turned out right.
    pub familiar: Pace,
    /// For one IPv4 address or IPv6 network of 64 bits. Unless said: 50 in a row, then a second, doubled each time up to five
    /// minutes; forgotten after an hour.
    pub address: Pace,
    /// For all strangers together. Unless said: 10,000, then one each second; forgotten after an hour.
    pub everyone: Pace,
    /// For how long an address at which a user has logged in is known for it: 30 days unless said.
    pub familiar_for: Duration,
}

impl Default for GuessingLimits {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        let hour = 60 * 60 * second;
        let account = Pace { free: 5, wait: second, longest_wait: hour / 4, window: 24 * hour };
        Self {
            account,
            familiar: Pace { free: 20, ..account },
            lock_after: 100,
            address: Pace { free: 50, wait: second, longest_wait: hour / 12, window: hour },
            everyone: Pace { free: 10_000, wait: second, longest_wait: second, window: hour },
            familiar_for: 30 * 24 * hour,
        }
    }
}

impl GuessingLimits {
    /// None at all: where something in front of this limits logins already.
    pub const NONE: Self = Self {
        account: Pace::UNLIMITED,
        familiar: Pace::UNLIMITED,
        lock_after: u64::MAX,
        address: Pace::UNLIMITED,
        everyone: Pace::UNLIMITED,
        familiar_for: Duration::ZERO,
    };

    /// What is wrong with them.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let fits = |pace: &Pace| {
            let whole = [pace.wait, pace.longest_wait, pace.window].iter().all(|time| time.subsec_nanos() == 0);
            whole && pace.wait <= pace.longest_wait && pace.window >= Duration::from_secs(1)
        };
        let all = [self.account, self.familiar, self.address, self.everyone];
        if !all.iter().all(fits) {
            return Some(
                "the pace of a limit on guessing has whole seconds, a window of one at least, and a longest wait that is not shorter than its wait",
            );
        }
        (all.iter().any(|pace| pace.free == 0) || self.lock_after == 0)
            .then_some("a limit on guessing that leaves not one try lets nobody log in")
    }
}

/// One try of a password, and what it is counted on.
pub(super) struct Attempt {
    counters: Vec<Counter>,
    familiar: Familiar,
}

/// An account, and the address that a try of it comes from.
struct Familiar {
    account: String,
    network: Option<String>,
    known: bool,
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
    /// Whether a try would be let through now. Nothing is counted yet.
    pub(super) async fn attempt(&self, username: &str, address: ClientAddress) -> Result<Attempt, Refusal> {
        let account = digest(username);
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
        let known = match &network {
            Some(network) => self.bounded(self.0.counters.remembers(&account, network, now)).await?,
            None => false,
        };
        let limits = &self.0.guessing;
        let counters = if known {
            let here = network.as_deref().unwrap_or_default();
            vec![Counter { key: format!("familiar:{account}@{here}"), pace: limits.familiar }]
        } else {
            let address = network.as_deref().unwrap_or("unknown");
            vec![
                Counter { key: account_key(&account), pace: limits.account },
                Counter { key: format!("address:{address}"), pace: limits.address },
                Counter { key: "everyone".to_owned(), pace: limits.everyone },
            ]
        };
        let attempt = Attempt { counters, familiar: Familiar { account, network, known } };
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
            Turn::Taken(count) if count > self.0.guessing.lock_after && !attempt.familiar.known => Ok(Admitted::Locked),
            Turn::Taken(_) => Ok(Admitted::Yes),
        }
    }

    /// The password was right: the try does not count, and its address is known for this user.
    ///
    /// Failing to say so leaves a count that is too high, and is no reason to refuse the login.
    pub(super) async fn attempt_succeeded(&self, attempt: &Attempt) {
        let now = self.0.clock.unix_seconds();
        let Familiar { account, network, known } = &attempt.familiar;
        let settle = async {
            match attempt.counters.first().filter(|_| *known) {
                Some(counter) => self.within(self.0.counters.forget(&counter.key)).await?,
                None => self.within(self.0.counters.give_back(&attempt.keys(), now)).await?,
            }
            let for_seconds = self.0.guessing.familiar_for.as_secs();
            match network.as_ref().filter(|_| for_seconds > 0) {
                Some(network) => {
                    let until = now.saturating_add(for_seconds);
                    self.within(self.0.counters.remember(account, network, now, until)).await
                }
                None => Ok(()),
            }
        };
        if let Err(error) = settle.await {
            tracing::warn!(event = "guessing.not_settled", %error);
        }
    }

    /// Forgets what strangers have tried at an account: its user has shown to be its user in another way.
    pub(super) async fn forget_attempts(&self, username: &str) -> Result<(), Refusal> {
        self.bounded(self.0.counters.forget(&account_key(&digest(username)))).await
    }
}

impl Attempt {
    fn keys(&self) -> Vec<&str> {
        self.counters.iter().map(|counter| counter.key.as_str()).collect()
    }
}

fn account_key(account: &str) -> String {
    format!("account:{account}")
}

/// A name as a key: of one length, and not readable where counters are kept.
pub(super) fn digest(username: &str) -> String {
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
        <[u8; 32]>::from(Sha256::digest(folded(username)));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One form of a name for all that differ in case, in width or in how their accents are written.
fn folded(username: &str) -> String {
    let compatible: String = username.trim().nfkc().collect();
    // By way of capitals, since some letters share theirs: ß and ss, σ and ς.
    compatible.to_uppercase().to_lowercase().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name_are_one() {
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
            assert_eq!(digest(one), digest(other), "{one} {other}");
        }
        assert_ne!(digest("alice"), digest("alicia"));
        assert_ne!(digest("zoë"), digest("zoe"));
        assert_eq!(digest("alice").len(), 22);
    }

    #[test]
    fn limits_that_make_no_sense_are_named() {
        let good = GuessingLimits::default();
        assert_eq!(good.problem(), None);
        assert_eq!(GuessingLimits::NONE.problem(), None);
        let pace = good.account;
        for bad in [
            Pace { free: 0, ..pace },
            Pace { wait: Duration::from_millis(1), ..pace },
            Pace { wait: 2 * pace.longest_wait, ..pace },
            Pace { window: Duration::ZERO, ..pace },
        ] {
            assert!(GuessingLimits { account: bad, ..good }.problem().is_some(), "{bad:?}");
            assert!(GuessingLimits { familiar: bad, ..good }.problem().is_some(), "{bad:?}");
            assert!(GuessingLimits { address: bad, ..good }.problem().is_some(), "{bad:?}");
            assert!(GuessingLimits { everyone: bad, ..good }.problem().is_some(), "{bad:?}");
        }
        assert!(GuessingLimits { lock_after: 0, ..good }.problem().is_some());
    }
}
