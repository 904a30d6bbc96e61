//! Revocations in Redis.

use std::fmt;

use super::{Redis, failed};
use crate::store::{RevocationStore, StoreError};

/// What is written at once where a Redis that has lost its memory is filled again.
const BATCH: usize = 500;
/// Redis forgets by its own clock; ours may be behind.
const LATE_SECONDS: u64 = 300;

/// Keeps the later of two times.
const KEEP: &str = "local kept = tonumber(redis.call('GET', KEYS[1]) or '0') \
    if kept < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2]) end return 1";

/// Revocations in Redis, in front of the store that has them for good.
///
/// Each request asks Redis alone. A revocation is written to the other store first, so that a Redis which was restarted or
/// emptied is filled again from there before it answers; until then nobody is let in.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, PasswordHash};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// use auth_runtime::{Auth, PostgresStore, RedisRevocations, SigningKeys};
///
/// # async fn build() -> Result<(), auth_runtime::BoxError> {
/// let store = PostgresStore::connect(&std::env::var("DATABASE_URL")?).await?;
/// let revocations = RedisRevocations::in_front_of(store.clone(), &std::env::var("REDIS_URL")?).await?;
/// let auth = Auth::builder(store.users::<User>().await?)
///     .signing_keys(SigningKeys::from_file("keys.json")?)
///     .sessions(store)
///     .revocations(revocations)
///     .build()?;
/// # Ok(()) }
/// ```
///
/// A replica that takes over may lack what was written in the last moment, as Redis replicates; so revocations of that moment
/// may be missing there. A Redis that drops keys when its memory is full (`maxmemory-policy` other than `noeviction`) would forget revocations, and
/// is refused.
#[derive(Clone)]
pub struct RedisRevocations<S> {
    redis: Redis,
    record: S,
}

impl<S: RevocationStore> RedisRevocations<S> {
    /// Connects to Redis: `redis://HOST:6379`, or `rediss://..` with a TLS feature of the crate `redis` 1.8 in the
    /// application's own `Cargo.toml`.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be reached, or drops keys when its memory is full.
    pub async fn in_front_of(record: S, url: &str) -> Result<Self, StoreError> {
        let redis = Redis::connect(url).await?;
        redis.refuse_eviction().await?;
        Ok(Self { redis, record })
    }

    /// Keys begin with `prefix`; `auth` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.redis.prefix = prefix.into();
        self
    }

    /// The mark of a Redis that has everything which the other store has.
    fn mark(&self) -> String {
        self.redis.key("revocations", "complete")
    }

    async fn fill(&self, now: u64) -> Result<(), StoreError> {
        let all = self.record.revoked(now).await?;
        let mut connection = self.redis.connection.clone();
        for batch in all.chunks(BATCH) {
            let mut pipe = redis::pipe();
            for (id, until) in batch {
                self.keep(pipe.cmd("EVAL"), id, *until).ignore();
            }
            pipe.exec_async(&mut connection).await.map_err(failed)?;
        }
        let () = redis::cmd("SET").arg(self.mark()).arg(1).query_async(&mut connection).await.map_err(failed)?;
        tracing::warn!(event = "revocations.filled", count = all.len(), "Redis had no revocations, and has them again");
        Ok(())
    }

    fn keep<'a>(&self, command: &'a mut redis::Pipeline, id: &str, until: u64) -> &'a mut redis::Pipeline {
        let forgotten = until.saturating_add(LATE_SECONDS);
        command.arg(KEEP).arg(1).arg(self.redis.key("revoked", id)).arg(until).arg(forgotten)
    }
}

impl<S: RevocationStore> RevocationStore for RedisRevocations<S> {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        self.record.revoke(ids, until).await?;
        let mut pipe = redis::pipe();
        for id in ids {
            self.keep(pipe.cmd("EVAL"), id, until).ignore();
        }
        pipe.exec_async(&mut self.redis.connection.clone()).await.map_err(failed)
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        let mut command = redis::cmd("MGET");
        command.arg(self.mark());
        for id in ids {
            command.arg(self.redis.key("revoked", id));
        }
        let mut connection = self.redis.connection.clone();
        let mut found: Vec<Option<u64>> = command.query_async(&mut connection).await.map_err(failed)?;
        if found.first().copied().flatten().is_none() {
            self.fill(now).await?;
            found = command.query_async(&mut connection).await.map_err(failed)?;
            if found.first().copied().flatten().is_none() {
                return Err(StoreError::new("Redis has lost its memory again"));
            }
        }
        Ok(found.into_iter().skip(1).flatten().any(|until| now < until))
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        self.record.revoked(now).await
    }
}

impl<S> fmt::Debug for RedisRevocations<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRevocations").field("prefix", &self.redis.prefix).finish_non_exhaustive()
    }
}
