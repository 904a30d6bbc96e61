//! Counters in Redis.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redis::{Cmd, FromRedisValue};
use zeroize::Zeroizing;

use super::{Redis, failed};
use crate::{
    ambient::Randomness,
    store::{
        CounterStore, StoreError,
        buckets::Buckets,
        counters::{Counter, MOST_REMEMBERED, Taken},
    },
};

/// 1,048,576 buckets of each kind of key: some 120 MiB of each, when all are in use.
const BITS: u32 = 20;
/// Redis forgets by its own clock; ours may be behind.
const LATE_SECONDS: u64 = 300;
/// Redis takes no time beyond the range of its numbers.
const LONGEST_SECONDS: u64 = 10 * 365 * 24 * 60 * 60;

/// Each counter is a hash: the count, when the next may be counted, when all is forgotten. Gives the wait and the first count;
/// the wait is -1, and nothing counted, where the first key does not hold the key of the buckets.
const TAKE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { -1, 0 } end
local now, late = tonumber(ARGV[2]), tonumber(ARGV[3])
local tallies, longest = {}, 0
for i = 1, #KEYS - 1 do
    local found = redis.call('HMGET', KEYS[i + 1], 'count', 'not_before', 'ends')
    local tally = { tonumber(found[1]) or 0, tonumber(found[2]) or 0, tonumber(found[3]) or 0 }
    if tally[3] <= now then tally = { 0, 0, now + tonumber(ARGV[i * 4 + 3]) } end
    longest = math.max(longest, math.min(tally[2], tally[3]) - now)
    tallies[i] = tally
end
if longest > 0 then return { longest, 0 } end
for i, tally in ipairs(tallies) do
    local key, free, wait, most = KEYS[i + 1], tonumber(ARGV[i * 4]), tonumber(ARGV[i * 4 + 1]), tonumber(ARGV[i * 4 + 2])
    tally[1] = tally[1] + 1
    if tally[1] >= free and wait > 0 then tally[2] = now + math.min(most, wait * 2 ^ (tally[1] - free)) end
    redis.call('HSET', key, 'count', tally[1], 'not_before', tally[2], 'ends', tally[3])
    redis.call('EXPIRE', key, math.max(1, tally[3] - now + late))
end
return { 0, tallies[1] and tallies[1][1] or 0 }";

const WAIT: &str = "
local now, longest = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
    local found = redis.call('HMGET', key, 'not_before', 'ends')
    longest = math.max(longest, math.min(tonumber(found[1]) or 0, tonumber(found[2]) or 0) - now)
end
return longest";

const GIVE_BACK: &str = "
for i, key in ipairs(KEYS) do
    local count = tonumber(redis.call('HGET', key, 'count') or '0')
    if count > 0 then redis.call('HSET', key, 'count', count - 1, 'not_before', 0) end
end
return 1";

/// A sorted set for each key: values with the time until which they are remembered.
const REMEMBER: &str = "
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
redis.call('EXPIRE', KEYS[1], math.max(1, tonumber(ARGV[3]) - tonumber(ARGV[2]) + tonumber(ARGV[5])))
return 1";

/// Counters in Redis: for limits that hold in several processes together.
///
/// A Redis that is restarted without its memory has forgotten what it counted: guessing begins anew. One whose memory is full
/// refuses, or forgets, as its `maxmemory-policy` says.
///
/// Which counters share one is decided by a random key, which the first process makes and keeps there for all.
#[derive(Clone)]
pub struct RedisCounters {
    redis: Redis,
    buckets: Arc<Mutex<Option<Buckets>>>,
}

impl RedisCounters {
    /// Connects to Redis, as [`RedisRevocations::in_front_of`](super::RedisRevocations::in_front_of) does.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self { redis: Redis::connect(url).await?, buckets: Arc::default() })
    }

    /// Keys begin with `prefix`; `auth` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.redis.prefix = prefix.into();
        self.buckets = Arc::default();
        self
    }

    /// Where the key of the buckets is.
    fn key_of_buckets(&self) -> String {
        self.redis.key("counters", "key")
    }

    fn known_buckets(&self) -> MutexGuard<'_, Option<Buckets>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of every process: whoever comes first makes their key.
    async fn buckets(&self) -> Result<Buckets, StoreError> {
        if let Some(buckets) = self.known_buckets().clone() {
            return Ok(buckets);
        }
        let (name, new) = (self.key_of_buckets(), Buckets::new(BITS, &Randomness::default())?);
        let _: Option<String> = self.ask(redis::cmd("SET").arg(&name).arg(new.key()).arg("NX")).await?;
        let kept: Option<Vec<u8>> = self.ask(redis::cmd("GET").arg(&name)).await?;
        let buckets = Buckets::of(BITS, &Zeroizing::new(kept.unwrap_or_default()))?;
        *self.known_buckets() = Some(buckets.clone());
        Ok(buckets)
    }

    fn keys<'a>(&self, buckets: &Buckets, counters: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let key = |counter| {
            let (kind, bucket) = buckets.bucket(counter);
            self.redis.key("count", &format!("{kind}:{bucket}"))
        };
        counters.into_iter().map(key).collect()
    }

    fn script(script: &str, keys: &[String]) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(keys.len()).arg(keys);
        command
    }

    /// Counts in these buckets; not at all if they are no longer those of this Redis, which has then lost its memory.
    async fn take_in(&self, buckets: &Buckets, counters: &[Counter], now: u64) -> Result<Option<Taken>, StoreError> {
        let mut keys = vec![self.key_of_buckets()];
        keys.extend(self.keys(buckets, counters.iter().map(|counter| counter.key.as_str())));
        let mut command = Self::script(TAKE, &keys);
        command.arg(buckets.key()).arg(now).arg(LATE_SECONDS);
        for Counter { pace, .. } in counters {
            let seconds = [pace.wait, pace.longest_wait, pace.window].map(|time| time.as_secs().min(LONGEST_SECONDS));
            command.arg(pace.free).arg(seconds.as_slice());
        }
        let (wait, count): (i64, u64) = self.ask(&command).await?;
        Ok(match u64::try_from(wait) {
            Err(_) => None,
            Ok(0) => Some(Taken::Counted(count)),
            Ok(wait) => Some(Taken::TooEarly(wait)),
        })
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        command.query_async(&mut self.redis.connection.clone()).await.map_err(failed)
    }
}

impl CounterStore for RedisCounters {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Taken, StoreError> {
        for _ in 0..2 {
            let buckets = self.buckets().await?;
            if let Some(taken) = self.take_in(&buckets, counters, now).await? {
                return Ok(taken);
            }
            *self.known_buckets() = None;
        }
        Err(StoreError::new("the key of the counters changes all the time"))
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        let buckets = self.buckets().await?;
        self.ask(Self::script(WAIT, &self.keys(&buckets, keys.iter().copied())).arg(now)).await
    }

    async fn give_back(&self, keys: &[&str], _: u64) -> Result<(), StoreError> {
        let buckets = self.buckets().await?;
        self.ask(&Self::script(GIVE_BACK, &self.keys(&buckets, keys.iter().copied()))).await
    }

    async fn remember(&self, key: &str, value: &str, now: u64, until: u64) -> Result<(), StoreError> {
        let mut command = Self::script(REMEMBER, &[self.redis.key("remembered", key)]);
        command.arg(value).arg(now).arg(until).arg(MOST_REMEMBERED).arg(LATE_SECONDS);
        self.ask(&command).await
    }

    async fn remembers(&self, key: &str, value: &str, now: u64) -> Result<bool, StoreError> {
        let until: Option<u64> =
            self.ask(redis::cmd("ZSCORE").arg(self.redis.key("remembered", key)).arg(value)).await?;
        Ok(until.is_some_and(|until| now < until))
    }
}

impl fmt::Debug for RedisCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCounters").field("prefix", &self.redis.prefix).finish_non_exhaustive()
    }
}
