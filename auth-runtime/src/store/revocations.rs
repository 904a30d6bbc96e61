//! Revocations: what is refused although its signature is good and its time has not run out.

use std::{future::Future, sync::Arc};

use super::{Boxed, StoreError};

/// Where it is kept which signed tokens and which sessions are revoked, until they expire by themselves.
///
/// With one, every signed token is looked up, and a revocation holds from its answer on, in every process that shares the
/// store. Without one, a signed token stays good until it expires.
///
/// [`MemoryStore`](super::MemoryStore), `SqliteStore` and `PostgresStore` are here, and `RedisRevocations` in front of one
/// of them.
pub trait RevocationStore: Send + Sync + 'static {
    /// Keeps these identifiers until the given time, in seconds since 1970; longer, if they are kept longer already.
    fn revoke(&self, ids: &[String], until: u64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether any of these is kept, and its time has not run out.
    fn is_any_revoked(&self, ids: &[String], now: u64) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// All that are kept and have not run out, each with its time: what a faster store in front of this one is filled with.
    fn revoked(&self, now: u64) -> impl Future<Output = Result<Vec<(String, u64)>, StoreError>> + Send;
}

/// [`RevocationStore`] as an object.
pub(crate) trait AnyRevocationStore: Send + Sync {
    fn revoke<'a>(&'a self, ids: &'a [String], until: u64) -> Boxed<'a, Result<(), StoreError>>;
    fn is_any_revoked<'a>(&'a self, ids: &'a [String], now: u64) -> Boxed<'a, Result<bool, StoreError>>;
}

impl<T: RevocationStore> AnyRevocationStore for T {
    fn revoke<'a>(&'a self, ids: &'a [String], until: u64) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(RevocationStore::revoke(self, ids, until))
    }

    fn is_any_revoked<'a>(&'a self, ids: &'a [String], now: u64) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(RevocationStore::is_any_revoked(self, ids, now))
    }
}

/// A store that is also used elsewhere.
impl<T: RevocationStore> RevocationStore for Arc<T> {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        T::revoke(self, ids, until).await
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        T::is_any_revoked(self, ids, now).await
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        T::revoked(self, now).await
    }
}
