//! Counters in one process, in a bounded memory.

use std::collections::{HashMap, VecDeque};

use super::MemoryStore;
use crate::{
    ambient::Randomness,
    store::{
        CounterStore, StoreError,
        buckets::Buckets,
        counters::{Counter, MOST_REMEMBERED, Taken},
    },
};

/// 131,072 buckets of each kind of key: some 6 MiB of each, when all are in use.
const BITS: u32 = 17;
/// Beyond so many keys, nothing new is remembered: whoever is not remembered is a stranger.
const MOST_KEYS: usize = 100_000;

#[derive(Debug)]
pub(super) struct Counters {
    /// None where there was no randomness for their key: then nothing is counted, and nobody let through.
    buckets: Option<Buckets>,
    /// By kind, of which the program has a handful, and by bucket.
    tallies: HashMap<String, HashMap<u32, Tally>>,
    remembered: HashMap<String, VecDeque<(String, u64)>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: u64,
    /// When the next may be counted.
    not_before: u64,
    /// When all is forgotten.
    ends: u64,
}

/// A kind of counters, and one of its buckets.
type Place<'a> = (&'a str, u32);

impl Default for Counters {
    fn default() -> Self {
        Self::new(&Randomness::default())
    }
}

impl Counters {
    fn new(randomness: &Randomness) -> Self {
        Self { buckets: Buckets::new(BITS, randomness).ok(), tallies: HashMap::new(), remembered: HashMap::new() }
    }

    fn places<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Result<Vec<Place<'a>>, StoreError> {
        let buckets = self.buckets.as_ref().ok_or_else(|| StoreError::new("there was no randomness to count with"))?;
        Ok(keys.map(|key| buckets.bucket(key)).collect())
    }

    fn live(&self, (kind, bucket): Place<'_>, now: u64) -> Option<Tally> {
        self.tallies.get(kind)?.get(&bucket).copied().filter(|tally| now < tally.ends)
    }

    fn put(&mut self, (kind, bucket): Place<'_>, tally: Tally) {
        self.tallies.entry(kind.to_owned()).or_default().insert(bucket, tally);
    }

    fn wait(&self, places: &[Place<'_>], now: u64) -> u64 {
        let tallies = places.iter().filter_map(|place| self.live(*place, now));
        tallies.map(|tally| tally.not_before.min(tally.ends).saturating_sub(now)).max().unwrap_or_default()
    }
}

impl CounterStore for MemoryStore {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Taken, StoreError> {
        let kept = &mut self.memory().counters;
        let places = kept.places(counters.iter().map(|counter| counter.key.as_str()))?;
        let wait = kept.wait(&places, now);
        if wait > 0 {
            return Ok(Taken::TooEarly(wait));
        }
        let mut first = None;
        for (place, Counter { pace, .. }) in places.into_iter().zip(counters) {
            let fresh = Tally { ends: now.saturating_add(pace.window.as_secs()), ..Tally::default() };
            let mut tally = kept.live(place, now).unwrap_or(fresh);
            tally.count += 1;
            tally.not_before = now.saturating_add(pace.wait_after(tally.count).as_secs());
            first.get_or_insert(tally.count);
            kept.put(place, tally);
        }
        Ok(Taken::Counted(first.unwrap_or_default()))
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        let kept = &self.memory().counters;
        Ok(kept.wait(&kept.places(keys.iter().copied())?, now))
    }

    async fn give_back(&self, keys: &[&str], now: u64) -> Result<(), StoreError> {
        let kept = &mut self.memory().counters;
        for place in kept.places(keys.iter().copied())? {
            if let Some(tally) = kept.live(place, now) {
                kept.put(place, Tally { count: tally.count.saturating_sub(1), not_before: 0, ..tally });
            }
        }
        Ok(())
    }

    async fn remember(&self, key: &str, value: &str, now: u64, until: u64) -> Result<(), StoreError> {
        let remembered = &mut self.memory().counters.remembered;
        if remembered.len() >= MOST_KEYS && !remembered.contains_key(key) {
            remembered.retain(|_, values| values.iter().any(|(_, until)| now < *until));
            if remembered.len() >= MOST_KEYS {
                return Ok(());
            }
        }
        let values = remembered.entry(key.to_owned()).or_default();
        values.retain(|(known, _)| known != value);
        values.push_back((value.to_owned(), until));
        if values.len() > MOST_REMEMBERED {
            values.pop_front();
        }
        Ok(())
    }

    async fn remembers(&self, key: &str, value: &str, now: u64) -> Result<bool, StoreError> {
        let memory = self.memory();
        let values = memory.counters.remembered.get(key);
        Ok(values.is_some_and(|values| values.iter().any(|(known, until)| known == value && now < *until)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::Pace;

    const HOUR: Duration = Duration::from_secs(3_600);
    const ONE_AN_HOUR: Pace = Pace { free: 1, wait: HOUR, longest_wait: HOUR, window: HOUR };

    fn account(name: impl std::fmt::Display) -> [Counter; 1] {
        [Counter { key: format!("account:{name}"), pace: ONE_AN_HOUR }]
    }

    /// Names that anybody could find in a second, were the buckets chosen by a hash without a key.
    #[tokio::test]
    async fn names_that_share_a_bucket_cannot_be_looked_for() {
        use sha2::{Digest, Sha256};
        let (store, mut found, mut shared, mut pairs) = (MemoryStore::new(), HashMap::new(), 0, 0);
        for name in 0_u32.. {
            let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(format!("account:{name}")));
            let old_bucket = u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - BITS);
            let Some(other) = found.insert(old_bucket, name) else { continue };
            store.take(&account(other), 1_000).await.unwrap();
            let taken = store.take(&account(name), 1_000).await.unwrap();
            shared += usize::from(taken != Taken::Counted(1));
            pairs += 1;
            if pairs == 4 {
                break;
            }
        }
        assert!(shared < pairs, "all of {pairs} pairs");
    }

    #[tokio::test]
    async fn without_randomness_nothing_is_counted_and_nobody_let_through() {
        let broken = Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable));
        let store = MemoryStore::new();
        store.memory().counters = Counters::new(&broken);
        assert!(store.take(&account("a"), 1_000).await.is_err());
        assert!(CounterStore::wait(&store, &["account:a"], 1_000).await.is_err());
        assert!(store.give_back(&["account:a"], 1_000).await.is_err());
    }

    #[tokio::test]
    async fn many_strangers_take_no_more_memory_than_there_are_buckets() {
        let store = MemoryStore::new();
        for name in 0..400_000 {
            store.take(&account(name), 1_000).await.unwrap();
        }
        let buckets: Vec<usize> = store.memory().counters.tallies.values().map(HashMap::len).collect();
        assert!(matches!(buckets.as_slice(), [one] if *one <= 1 << BITS), "{buckets:?}");
        // Each bucket has had several: a counter is shared rather than forgotten.
        assert!(matches!(store.take(&account(0), 1_000).await.unwrap(), Taken::TooEarly(_)));
    }

    #[tokio::test]
    async fn no_more_is_remembered_than_there_is_room_for() {
        let store = MemoryStore::new();
        for name in 0..MOST_KEYS + 10 {
            store.remember(&format!("{name}"), "here", 0, 100).await.unwrap();
        }
        assert_eq!(store.memory().counters.remembered.len(), MOST_KEYS);
        assert!(!store.remembers(&format!("{}", MOST_KEYS + 1), "here", 0).await.unwrap());
        // What has run out makes room.
        store.remember("later", "here", 100, 200).await.unwrap();
        assert!(store.remembers("later", "here", 100).await.unwrap());
    }

    #[tokio::test]
    async fn who_is_remembered_stays_so_where_there_is_no_room_for_others() {
        let store = MemoryStore::new();
        for name in 0..MOST_KEYS {
            store.remember(&format!("{name}"), "here", 0, 100).await.unwrap();
        }
        store.remember("0", "there", 0, 100).await.unwrap();
        assert!(store.remembers("0", "there", 0).await.unwrap() && store.remembers("0", "here", 0).await.unwrap());
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn it_counts_as_the_contract_says() {
        crate::testing::contract::counters(&MemoryStore::new()).await;
    }
}
