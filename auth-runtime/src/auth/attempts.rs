//! One try of a password: what it is counted on, and where its user is no stranger.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::Auth;
use crate::{
    address::ClientAddress,
    error::Refusal,
    password::PasswordHash,
    store::{Counter, Pace, Taken},
};

/// An IPv6 /48 has so many times what a /64 has.
const SITE: u32 = 5;
/// How many may share an address that is not known, or is perhaps a proxy's, before those who register there wait for each other.
const SHARED: u32 = 50;

/// One try of a password, and what it is counted on.
pub(super) struct Attempt {
    /// Where the user is known, the count of that. Nobody is where the network is not known, or perhaps everybody's.
    known: Option<Counter>,
    strangers: Vec<Counter>,
}

/// A user, at an address, with the password of now: who registers another spelling of a name is somebody else, and a changed
/// password makes everybody a stranger who knew the old one.
struct Familiar {
    user: String,
    here: String,
}

impl Familiar {
    fn at(name: &str, stored: &PasswordHash, address: ClientAddress) -> Option<Self> {
        let network = address.network().filter(|_| !address.is_shared())?;
        Some(Self { user: digest(&[name]), here: digest(&[name, &network, stored.expose()]) })
    }

    fn counter(&self, pace: Pace) -> Counter {
        Counter { key: format!("familiar:{}", self.here), pace }
    }
}

/// A try that is counted.
pub(super) struct Counted {
    /// On these.
    keys: Vec<String>,
    /// Whether it is in vain whatever the password.
    pub(super) locked: bool,
}

impl<U> Auth<U> {
    /// Whether a try would be let through now. Nothing is counted yet. Whoever has no hash is asked about in the same way.
    pub(super) async fn attempt(
        &self,
        name: &str,
        stored: Option<&PasswordHash>,
        address: ClientAddress,
    ) -> Result<Attempt, Refusal> {
        self.warn_of(address);
        let now = self.0.clock.unix_seconds();
        let (limits, counters) = (&self.0.guessing, &self.0.counters);
        let familiar = Familiar::at(name, stored.unwrap_or(&self.0.decoy), address);
        let known = match familiar {
            Some(familiar) if self.bounded(counters.remembers(&familiar.user, &familiar.here, now)).await? => {
                Some(familiar.counter(limits.familiar))
            }
            _ => None,
        };
        let mut strangers = vec![Counter { key: format!("account:{}", account_key(name)), pace: limits.account }];
        strangers.extend(of_address("address", address, limits.address));
        strangers.push(Counter { key: "everyone".to_owned(), pace: limits.everyone });
        let attempt = Attempt { known, strangers };
        if let Some(known) = &attempt.known
            && self.bounded(counters.wait(&[&known.key], now)).await? == 0
        {
            return Ok(attempt);
        }
        let keys: Vec<&str> = attempt.strangers.iter().map(|counter| counter.key.as_str()).collect();
        match self.bounded(counters.wait(&keys, now)).await? {
            0 => Ok(attempt),
            wait => Err(Refusal::TooManyAttempts(wait)),
        }
    }

    /// Counts a try, just before its password is looked at. Of any number at once, no more are let through than there are turns.
    pub(super) async fn count_attempt(&self, attempt: &Attempt) -> Result<Counted, Refusal> {
        let now = self.0.clock.unix_seconds();
        if let Some(known) = &attempt.known {
            let taken = self.bounded(self.0.counters.take(std::slice::from_ref(known), now)).await?;
            // Where it is too early, too much was tried: the user is a stranger here too.
            if let Taken::Counted(_) = taken {
                return Ok(Counted { keys: vec![known.key.clone()], locked: false });
            }
        }
        match self.bounded(self.0.counters.take(&attempt.strangers, now)).await? {
            Taken::TooEarly(wait) => Err(Refusal::TooManyAttempts(wait)),
            Taken::Counted(count) => {
                let keys = attempt.strangers.iter().chain(&attempt.known).map(|counter| counter.key.clone());
                Ok(Counted { keys: keys.collect(), locked: count > self.0.guessing.lock_after })
            }
        }
    }

    /// The password was right: this try does not count, and where the user is known there is room for one more. The tries of
    /// others count.
    ///
    /// Failing to say so leaves a count that is too high, and is no reason to refuse the login.
    pub(super) async fn attempt_succeeded(&self, counted: &Counted) {
        let keys: Vec<&str> = counted.keys.iter().map(String::as_str).collect();
        if let Err(error) = self.within(self.0.counters.give_back(&keys, self.0.clock.unix_seconds())).await {
            tracing::warn!(event = "guessing.not_settled", %error);
        }
    }

    /// What makes everybody share one limit is said once.
    fn warn_of(&self, address: ClientAddress) {
        if address.network().is_none() {
            self.0.said_no_address.call_once(|| {
                tracing::warn!(
                    event = "login.no_address",
                    "the address of logins is not known, and all of them share one limit: serve the router by `.into_make_service_with_connect_info::<SocketAddr>()`, or put a `ClientAddress` into the extensions of its requests"
                );
            });
        }
        if address.is_shared() {
            self.0.said_proxy.call_once(|| {
                tracing::warn!(
                    event = "login.unconfigured_proxy",
                    "logins are forwarded by a proxy, and all that it forwards share one limit: say which proxies there are, and how they say for whom they ask, by `.trusted_proxies(..)`"
                );
            });
        }
    }

    /// Counts that somebody wants to become a user.
    pub(crate) async fn count_registration(&self, address: ClientAddress) -> Result<(), Refusal> {
        self.warn_of(address);
        let pace = self.0.guessing.registration;
        let is_own = address.network().is_some() && !address.is_shared();
        let pace = if is_own { pace } else { Pace { free: pace.free.saturating_mul(SHARED), ..pace } };
        let counters: Vec<Counter> = of_address("registration", address, pace).collect();
        match self.bounded(self.0.counters.take(&counters, self.0.clock.unix_seconds())).await? {
            Taken::Counted(_) => Ok(()),
            Taken::TooEarly(wait) => Err(Refusal::TooManyAttempts(wait)),
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

/// The counters of an address: its own, and that of the site around it, so that nobody has as many as there are networks in it.
fn of_address(kind: &str, address: ClientAddress, pace: Pace) -> impl Iterator<Item = Counter> {
    let network = address.network().unwrap_or_else(|| "unknown".to_owned());
    let of_site = Pace { free: pace.free.saturating_mul(SITE), ..pace };
    let site = address.site().map(|site| Counter { key: format!("{kind}:{site}"), pace: of_site });
    std::iter::once(Counter { key: format!("{kind}:{network}"), pace }).chain(site)
}

/// A name as the key of a counter, which all that differ in case, in width or in how their accents are written share: whether
/// there is a user of a name makes no difference to it.
pub(super) fn account_key(username: &str) -> String {
    digest(&[&folded(username)])
}

/// Texts as a key: of one length, and not readable where it is kept.
fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digest = hash.finalize();
    let (half, _) = digest.split_at(16);
    URL_SAFE_NO_PAD.encode(half)
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
            assert_eq!(account_key(one), account_key(other), "{one} {other}");
        }
        assert_ne!(account_key("alice"), account_key("alicia"));
        assert_ne!(account_key("zoë"), account_key("zoe"));
        assert_eq!(account_key("alice").len(), 22);
    }

    #[tokio::test]
    async fn only_where_a_user_is_known_is_a_try_of_there_given_back() {
        let auth = Auth::without_users().build().unwrap();
        let (hash, address) = (PasswordHash::from_stored("hash"), ClientAddress::from(IpAddr::from([192, 0, 2, 1])));
        let kinds = async || {
            let attempt = auth.attempt("alice", Some(&hash), address).await.unwrap();
            let counted = auth.count_attempt(&attempt).await.unwrap();
            counted.keys.iter().map(|key| key.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        // Whoever shares that bucket would have one try more.
        assert_eq!(kinds().await, ["account", "address", "everyone"]);
        auth.make_familiar("alice", &hash, address).await;
        let most = auth.0.guessing.familiar.free;
        for _ in 0..most {
            assert_eq!(kinds().await, ["familiar"]);
        }
        assert_eq!(kinds().await, ["account", "address", "everyone", "familiar"]);
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
