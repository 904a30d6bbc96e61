//! How often passwords may be tried: for an account, for an address, and for everyone together.

use std::{num::NonZeroUsize, time::Duration};

use crate::store::Pace;

/// How often passwords may be tried in vain. What is right is not counted: it gives back the one try that it was.
///
/// A user who has logged in, registered, or set a new password at an address is no stranger there: for that user and that
/// address only a count of their own holds, that of [`familiar`](Self::familiar). So nobody elsewhere can lock a user out,
/// however often they try. Everybody else is a stranger, and held to the other three. With another password, a user is a
/// stranger wherever it was not set, and so is everybody whose address is not known, or is that of a proxy which is not among the
/// [trusted ones](super::AuthBuilder::trusted_proxies).
///
/// Who comes too early is answered with 429 and `Retry-After`, without a look at the password. For strangers, names that differ
/// in case or in how Unicode writes them are one account, and whether there is a user of a name makes no difference. Who is
/// known where goes by the name as it is stored.
///
/// Logins that run at the same time count until each has turned out right. So that they do not refuse each other, by default an
/// account has five tries in a row, or twice [`PoolSize::permits`](crate::PoolSize::permits) up to 50, and a familiar address 20,
/// or twice the permits. Limits that are [written](super::AuthBuilder::guessing_limits) hold as they are written.
///
/// ```
/// use auth_runtime::{GuessingLimits, Pace};
///
/// let limits = GuessingLimits::default();
/// assert_eq!(limits.account.free, 5);
/// // Behind a gateway that limits addresses itself:
/// let limits = GuessingLimits { address: Pace::UNLIMITED, ..limits };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessingLimits {
    /// For one account. By default five in a row, or twice [`PoolSize::permits`](crate::PoolSize::permits) up to 50; then a second,
    /// doubled each time up to a quarter of an hour; forgotten after a day.
    pub account: Pace,
    /// After this many tries within the window of [`account`](Self::account) (100 by default, the most that NIST SP 800-63B-4
    /// allows) the account is locked for strangers until the window ends; a lock is answered as a wrong password.
    pub lock_after: u64,
    /// For one account at an address where it is known: by default 20 in a day, or twice
    /// [`PoolSize::permits`](crate::PoolSize::permits). As long as the next would have to wait, the account's user is a stranger
    /// there too.
    pub familiar: Pace,
    /// For one IPv4 address or IPv6 network of 64 bits; an IPv6 network of 48 bits has five times as many in a row. By default
    /// 50 in a row, then a second, doubled each time up to five minutes; forgotten after an hour.
    pub address: Pace,
    /// For all strangers together. By default 10,000, then one each second; forgotten after an hour.
    pub everyone: Pace,
    /// How often somebody at one address or IPv6 network may ask `POST /register` for a name, as for [`address`](Self::address).
    /// By default 20 an hour.
    pub registration: Pace,
    /// For how long a user is known at an address: by default 30 days after the last login there.
    pub familiar_for: Duration,
}

impl Default for GuessingLimits {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        let hour = 60 * 60 * second;
        let day = 24 * hour;
        let account = Pace { free: 5, wait: second, longest_wait: hour / 4, window: day };
        Self {
            account,
            familiar: Pace { free: 20, wait: day, longest_wait: day, window: day },
            lock_after: 100,
            address: Pace { free: 50, wait: second, longest_wait: hour / 12, window: hour },
            everyone: Pace { free: 10_000, wait: second, longest_wait: second, window: hour },
            registration: Pace { free: 20, wait: hour, longest_wait: hour, window: hour },
            familiar_for: 30 * day,
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
        registration: Pace::UNLIMITED,
        familiar_for: Duration::ZERO,
    };

    /// With room for right logins, which count until they have turned out right: of those there are as many at once as there are
    /// permits to hash. An account does not get more than half of what locks it. For the defaults alone: a limit that somebody wrote
    /// is not loosened.
    pub(super) fn with_room_for(mut self, permits: NonZeroUsize) -> Self {
        let room = u32::try_from(permits.get()).unwrap_or(u32::MAX).saturating_mul(2);
        let half_a_lock = u32::try_from(self.lock_after / 2).unwrap_or(u32::MAX);
        self.familiar.free = self.familiar.free.max(room);
        self.account.free = self.account.free.max(room.min(half_a_lock));
        self
    }

    /// What is wrong with them.
    pub(super) fn problem(&self) -> Option<String> {
        let paces = [
            ("account", self.account),
            ("familiar", self.familiar),
            ("address", self.address),
            ("everyone", self.everyone),
            ("registration", self.registration),
        ];
        let fits = |pace: &Pace| {
            let whole = [pace.wait, pace.longest_wait, pace.window].iter().all(|time| time.subsec_nanos() == 0);
            whole && pace.wait <= pace.longest_wait && pace.window >= Duration::from_secs(1)
        };
        if let Some((name, _)) = paces.iter().find(|(_, pace)| !fits(pace)) {
            return Some(format!(
                "GuessingLimits::{name}: use whole seconds, a window of at least one second, and longest_wait >= wait"
            ));
        }
        let none = paces.iter().find(|(_, pace)| pace.free == 0).map(|(name, _)| format!("{name}: `free`"));
        let none = none.or_else(|| (self.lock_after == 0).then(|| "lock_after".to_owned()));
        none.map(|limit| format!("GuessingLimits::{limit} is 0, and nobody could log in: use 1 or more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_logins_at_once_do_not_refuse_each_other() {
        let free = |limits: GuessingLimits, permits| {
            let limits = limits.with_room_for(NonZeroUsize::new(permits).unwrap());
            (limits.account.free, limits.familiar.free)
        };
        let limits = GuessingLimits::default();
        assert_eq!(free(limits, 2), (5, 20));
        assert_eq!(free(limits, 16), (32, 32));
        assert_eq!(free(limits, 64), (50, 128));
        assert_eq!(free(limits, usize::MAX), (50, u32::MAX));
    }

    #[test]
    fn an_auth_has_room_for_what_its_pool_hashes_at_once() {
        let permits = NonZeroUsize::new(40).unwrap();
        let auth = crate::Auth::without_users()
            .hashing_pool(crate::PoolSize { permits, waiting: 0, nice: 0 })
            .build()
            .unwrap();
        assert_eq!((auth.0.guessing.account.free, auth.0.guessing.familiar.free), (50, 80));
    }

    #[test]
    fn limits_that_are_written_hold() {
        let defaults = GuessingLimits::default();
        let strict = GuessingLimits { account: Pace { free: 3, ..defaults.account }, ..defaults };
        for limits in [strict, defaults, GuessingLimits::NONE] {
            let size = crate::PoolSize { permits: NonZeroUsize::new(40).unwrap(), waiting: 0, nice: 0 };
            let auth = crate::Auth::without_users().hashing_pool(size).guessing_limits(limits).build().unwrap();
            assert_eq!(auth.0.guessing, limits);
        }
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
            for (limits, name) in [
                (GuessingLimits { account: bad, ..good }, "account"),
                (GuessingLimits { familiar: bad, ..good }, "familiar"),
                (GuessingLimits { address: bad, ..good }, "address"),
                (GuessingLimits { everyone: bad, ..good }, "everyone"),
                (GuessingLimits { registration: bad, ..good }, "registration"),
            ] {
                let problem = limits.problem().unwrap();
                assert!(problem.starts_with(&format!("GuessingLimits::{name}: ")), "{bad:?}: {problem}");
            }
        }
        let problem = GuessingLimits { lock_after: 0, ..good }.problem().unwrap();
        assert!(problem.starts_with("GuessingLimits::lock_after is 0"), "{problem}");
    }

    #[test]
    fn limits_that_are_the_least_of_all_make_sense() {
        let second = Duration::from_secs(1);
        let least = Pace { free: 1, wait: second, longest_wait: second, window: second };
        let limits = GuessingLimits {
            account: least,
            lock_after: 1,
            familiar: least,
            address: least,
            everyone: least,
            registration: least,
            familiar_for: Duration::ZERO,
        };
        assert_eq!(limits.problem(), None);
        let problem = |account: Pace| GuessingLimits { account, ..limits }.problem().unwrap_or_default();
        for bad in [
            Pace { wait: second + Duration::from_millis(1), longest_wait: 2 * second, ..least },
            Pace { longest_wait: second + Duration::from_millis(1), ..least },
            Pace { window: second + Duration::from_millis(1), ..least },
            Pace { longest_wait: Duration::ZERO, ..least },
            Pace { window: Duration::ZERO, ..least },
        ] {
            assert!(problem(bad).starts_with("GuessingLimits::account: "), "{bad:?}");
        }
        assert!(!problem(Pace { free: 0, ..least }).is_empty());
    }

    #[test]
    fn the_limits_are_those_that_are_documented() {
        let GuessingLimits { account, lock_after, familiar, address, everyone, registration, familiar_for } =
            GuessingLimits::default();
        let seconds = |pace: Pace| (pace.free, pace.wait.as_secs(), pace.longest_wait.as_secs(), pace.window.as_secs());
        assert_eq!(seconds(account), (5, 1, 15 * 60, 24 * 60 * 60));
        assert_eq!(lock_after, 100, "the most that NIST SP 800-63B-4 allows");
        assert_eq!(seconds(familiar), (20, 24 * 60 * 60, 24 * 60 * 60, 24 * 60 * 60));
        assert_eq!(seconds(registration), (20, 60 * 60, 60 * 60, 60 * 60));
        assert_eq!(seconds(address), (50, 1, 5 * 60, 60 * 60));
        assert_eq!(seconds(everyone), (10_000, 1, 1, 60 * 60));
        assert_eq!(familiar_for, Duration::from_secs(30 * 24 * 60 * 60));
    }
}
