//! Counters that several processes share: how often something happened within a while.

use std::{future::Future, sync::Arc, time::Duration};

use super::{Boxed, StoreError};

/// Where it is counted how often something happens, so that it can be limited.
///
/// [`MemoryStore`](super::MemoryStore) counts in one process, `RedisCounters` in all that share a Redis.
pub trait CounterStore: Send + Sync + 'static {
    /// Counts one more, and says how many that makes since the first of them, which is forgotten after `window`.
    fn increment(&self, key: &str, window: Duration) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// [`CounterStore`] as an object.
pub(crate) trait AnyCounterStore: Send + Sync {
    fn increment<'a>(&'a self, key: &'a str, window: Duration) -> Boxed<'a, Result<u64, StoreError>>;
}

impl<T: CounterStore> AnyCounterStore for T {
    fn increment<'a>(&'a self, key: &'a str, window: Duration) -> Boxed<'a, Result<u64, StoreError>> {
        Box::pin(CounterStore::increment(self, key, window))
    }
}

/// A store that is also used elsewhere.
impl<T: CounterStore> CounterStore for Arc<T> {
    async fn increment(&self, key: &str, window: Duration) -> Result<u64, StoreError> {
        T::increment(self, key, window).await
    }
}
