//! Redis, or Valkey: what is hot and shared.

use std::{fmt, time::Duration};

use redis::{
    Client as RedisClient, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::{CounterStore, RevocationStore, StoreError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// What is written at once where a Redis that has lost its memory is filled again.
const BATCH: usize = 500;
/// Redis forgets by its own clock; ours may be behind.
const LATE_SECONDS: u64 = 300;

/// Keeps the later of two times.
const KEEP: &str = "local kept = tonumber(redis.call('GET', KEYS[1]) or '0') \
    if kept < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2]) end return 1";

/// Counts, and forgets when the window of the first has passed.
const COUNT: &str = "local count = redis.call('INCR', KEYS[1]) \
    if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return count";

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

/// Counters in Redis: for limits that hold in several processes together.
#[derive(Clone)]
pub struct RedisCounters {
    redis: Redis,
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

    /// Keys begin with `prefix`; `auth` unless said.
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

impl RedisCounters {
    /// Connects to Redis, as [`RedisRevocations::in_front_of`] does.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self { redis: Redis::connect(url).await? })
    }

    /// Keys begin with `prefix`; `auth` unless said.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.redis.prefix = prefix.into();
        self
    }
}

impl CounterStore for RedisCounters {
    async fn increment(&self, key: &str, window: Duration) -> Result<u64, StoreError> {
        let milliseconds = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
        redis::cmd("EVAL")
            .arg(COUNT)
            .arg(1)
            .arg(self.redis.key("count", key))
            .arg(milliseconds)
            .query_async(&mut self.redis.connection.clone())
            .await
            .map_err(failed)
    }
}

impl fmt::Debug for RedisCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCounters").field("prefix", &self.redis.prefix).finish_non_exhaustive()
    }
}

/// One connection, which all clones share, and which is made anew when it breaks.
#[derive(Clone)]
struct Redis {
    connection: ConnectionManager,
    prefix: String,
}

impl Redis {
    async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = RedisClient::open(url)
            .map_err(|_| StoreError::new("the URL of Redis cannot be read: it looks like redis://HOST:6379"))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_with_config(client, config).await.map_err(failed)?;
        Ok(Self { connection, prefix: "auth".to_owned() })
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    async fn refuse_eviction(&self) -> Result<(), StoreError> {
        let info: String =
            redis::cmd("INFO").arg("memory").query_async(&mut self.connection.clone()).await.map_err(failed)?;
        let field =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        match (field("maxmemory"), field("maxmemory_policy")) {
            (Some(bound), Some(policy)) if bound != "0" && policy != "noeviction" => Err(StoreError::new(format!(
                "this Redis forgets keys when its memory is full (maxmemory-policy {policy}), and would forget revocations: set it to noeviction"
            ))),
            _ => Ok(()),
        }
    }
}

fn failed(error: RedisError) -> StoreError {
    let message = if error.is_timeout() {
        "Redis did not answer in time"
    } else if error.is_connection_refusal() || error.is_connection_dropped() || error.is_io_error() {
        "Redis cannot be reached: is it running?"
    } else {
        "Redis cannot be used"
    };
    StoreError::new(message).caused_by(error)
}
