//! What a program takes from its surroundings: the time and randomness. Both can be replaced, for tests and simulations.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Where the time comes from.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use auth_runtime::Clock;
///
/// let stopped = Clock::from_fn(|| UNIX_EPOCH + Duration::from_secs(1_000));
/// assert_eq!(stopped.unix_seconds(), 1_000);
/// ```
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>);

impl Clock {
    /// A clock that asks `now` each time.
    pub fn from_fn(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    /// Seconds since 1970-01-01T00:00:00Z, which is RFC 7519's `NumericDate`. A time before that is a clock that has failed,
    /// and counts as the end of time: no token is good then.
    #[must_use]
    pub fn unix_seconds(&self) -> u64 {
        let now = self.0.as_ref().map_or_else(SystemTime::now, |now| now());
        now.duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(injected)" } else { "Clock(system)" })
    }
}

/// The source of randomness gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomnessUnavailable;

impl fmt::Display for RandomnessUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system's source of randomness is unavailable")
    }
}

impl std::error::Error for RandomnessUnavailable {}

type Fill = dyn Fn(&mut [u8]) -> Result<(), RandomnessUnavailable> + Send + Sync;

/// Where random bytes come from: the operating system, unless replaced.
///
/// ```
/// use auth_runtime::Randomness;
///
/// let mut bytes = [0; 16];
/// Randomness::from_fn(|bytes| Ok(bytes.fill(7))).fill(&mut bytes).unwrap();
/// assert_eq!(bytes, [7; 16]);
/// ```
#[derive(Clone, Default)]
pub struct Randomness(Option<Arc<Fill>>);

impl Randomness {
    /// A source that asks `fill` each time. Predictable bytes make predictable tokens: for tests alone.
    pub fn from_fn(fill: impl Fn(&mut [u8]) -> Result<(), RandomnessUnavailable> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(fill)))
    }

    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomnessUnavailable`] if the source gives nothing; whatever needed the bytes is then refused.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        match &self.0 {
            Some(fill) => fill(bytes),
            None => getrandom::fill(bytes).map_err(|_| RandomnessUnavailable),
        }
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Randomness(injected)" } else { "Randomness(system)" })
    }
}
