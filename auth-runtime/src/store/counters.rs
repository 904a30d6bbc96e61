//! Counters that several processes share: how often something was tried within a while, and how long the next try has to wait.

use std::{future::Future, sync::Arc, time::Duration};

use super::{Boxed, StoreError};

/// How often something may be tried: so often in a row, then after a wait that doubles each time.
///
/// ```
/// use std::time::Duration;
/// use auth_runtime::Pace;
///
/// let pace = Pace {
///     free: 3,
///     wait: Duration::from_secs(1),
///     longest_wait: Duration::from_secs(60),
///     window: Duration::from_secs(3_600),
/// };
/// assert_eq!(pace.wait_after(2), Duration::ZERO);
/// assert_eq!(pace.wait_after(3), Duration::from_secs(1));
/// assert_eq!(pace.wait_after(6), Duration::from_secs(8));
/// assert_eq!(pace.wait_after(100), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many tries in a row may be made without waiting.
    pub free: u32,
    /// How long the next has to wait after them; whole seconds.
    pub wait: Duration,
    /// The wait doubles with each further try, up to this.
    pub longest_wait: Duration,
    /// How long after the first try the count is reset.
    pub window: Duration,
}

impl Pace {
    /// No limit.
    pub const UNLIMITED: Self =
        Self { free: u32::MAX, wait: Duration::ZERO, longest_wait: Duration::ZERO, window: Duration::from_secs(1) };

    /// How long the next has to wait after the try that was the `count`th.
    #[must_use]
    pub fn wait_after(&self, count: u64) -> Duration {
        let Some(beyond) = count.checked_sub(u64::from(self.free)) else { return Duration::ZERO };
        let doubled = u32::try_from(beyond).ok().and_then(|beyond| 2_u32.checked_pow(beyond));
        doubled
            .and_then(|times| self.wait.checked_mul(times))
            .map_or(self.longest_wait, |wait| wait.min(self.longest_wait))
    }
}

/// A counter, and the pace at which it may be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Its name.
    pub key: String,
    /// Its pace.
    pub pace: Pace,
}

/// Whether a try was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was, on all counters. This is the count of the first.
    Counted(u64),
    /// It was not, on none: it is too early by so many seconds.
    TooEarly(u64),
}

/// Where it is counted how often something is tried, so that it can be limited.
///
/// [`MemoryStore`](super::MemoryStore) counts in one process, `RedisCounters` in all that share a Redis. What it uses of memory is
/// bounded, whatever strangers do: two names may share a counter then, and none is forgotten before its window has passed.
/// Times are seconds since 1970 (RFC 7519's `NumericDate`).
pub trait CounterStore: Send + Sync + 'static {
    /// Counts one try on each of the counters, or, if it is too early on one of them, on none. In one step: of several at once,
    /// no more are counted than there is room for.
    fn take(&self, counters: &[Counter], now: u64) -> impl Future<Output = Result<Taken, StoreError>> + Send;

    /// How many seconds are left until a try would be counted on all of these: zero if it would be now.
    fn wait(&self, keys: &[&str], now: u64) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Takes one try back, on each of these: it is as if it had not been made, and the next need not wait.
    fn give_back(&self, keys: &[&str], now: u64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Remembers `value` under `key` until `until`, keeping the newest [`MOST_REMEMBERED`] values of a key.
    fn remember(
        &self,
        key: &str,
        value: &str,
        now: u64,
        until: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether it is remembered. A value that was never remembered must not be.
    fn remembers(&self, key: &str, value: &str, now: u64) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// So many values are remembered under one key.
pub const MOST_REMEMBERED: usize = 32;

/// [`CounterStore`] as an object.
pub(crate) trait AnyCounterStore: Send + Sync {
    fn take<'a>(&'a self, counters: &'a [Counter], now: u64) -> Boxed<'a, Result<Taken, StoreError>>;
    fn wait<'a>(&'a self, keys: &'a [&'a str], now: u64) -> Boxed<'a, Result<u64, StoreError>>;
    fn give_back<'a>(&'a self, keys: &'a [&'a str], now: u64) -> Boxed<'a, Result<(), StoreError>>;
    fn remember<'a>(&'a self, key: &'a str, value: &'a str, now: u64, until: u64) -> Boxed<'a, Result<(), StoreError>>;
    fn remembers<'a>(&'a self, key: &'a str, value: &'a str, now: u64) -> Boxed<'a, Result<bool, StoreError>>;
}

impl<T: CounterStore> AnyCounterStore for T {
    fn take<'a>(&'a self, counters: &'a [Counter], now: u64) -> Boxed<'a, Result<Taken, StoreError>> {
        Box::pin(CounterStore::take(self, counters, now))
    }

    fn wait<'a>(&'a self, keys: &'a [&'a str], now: u64) -> Boxed<'a, Result<u64, StoreError>> {
        Box::pin(CounterStore::wait(self, keys, now))
    }

    fn give_back<'a>(&'a self, keys: &'a [&'a str], now: u64) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(CounterStore::give_back(self, keys, now))
    }

    fn remember<'a>(&'a self, key: &'a str, value: &'a str, now: u64, until: u64) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(CounterStore::remember(self, key, value, now, until))
    }

    fn remembers<'a>(&'a self, key: &'a str, value: &'a str, now: u64) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(CounterStore::remembers(self, key, value, now))
    }
}

/// A store that is also used elsewhere.
impl<T: CounterStore> CounterStore for Arc<T> {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Taken, StoreError> {
        T::take(self, counters, now).await
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        T::wait(self, keys, now).await
    }

    async fn give_back(&self, keys: &[&str], now: u64) -> Result<(), StoreError> {
        T::give_back(self, keys, now).await
    }

    async fn remember(&self, key: &str, value: &str, now: u64, until: u64) -> Result<(), StoreError> {
        T::remember(self, key, value, now, until).await
    }

    async fn remembers(&self, key: &str, value: &str, now: u64) -> Result<bool, StoreError> {
        T::remembers(self, key, value, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_never_overflows() {
        let pace = Pace { free: 0, wait: Duration::MAX, longest_wait: Duration::MAX, window: Duration::MAX };
        assert_eq!(pace.wait_after(u64::MAX), Duration::MAX);
        assert_eq!(Pace::UNLIMITED.wait_after(1_000_000), Duration::ZERO);
    }
}
