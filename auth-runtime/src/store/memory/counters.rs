//! Counters in one process, in a bounded memory.

use std::collections::{HashMap, VecDeque};

use super::MemoryStore;
use crate::store::{
    CounterStore, StoreError,
    counters::{Counter, MOST_REMEMBERED, Turn, bucket},
};

/// 131,072 buckets of each kind of key: some 6 MiB of each, when all are in use.
const BITS: u32 = 17;
/// Beyond so many keys, nothing new is remembered: whoever is not remembered is a stranger.
const MOST_KEYS: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Counters {
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

impl Counters {
    fn live(&self, key: &str, now: u64) -> Option<Tally> {
        let (kind, bucket) = bucket::<BITS>(key);
        self.tallies.get(kind)?.get(&bucket).copied().filter(|tally| now < tally.ends)
    }

    fn put(&mut self, key: &str, tally: Tally) {
        let (kind, bucket) = bucket::<BITS>(key);
        self.tallies.entry(kind.to_owned()).or_default().insert(bucket, tally);
    }

    fn wait(&self, key: &str, now: u64) -> u64 {
        self.live(key, now).map_or(0, |tally| tally.not_before.min(tally.ends).saturating_sub(now))
    }
}

impl CounterStore for MemoryStore {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Turn, StoreError> {
        let kept = &mut self.memory().counters;
        let wait = counters.iter().map(|counter| kept.wait(&counter.key, now)).max().unwrap_or_default();
        if wait > 0 {
            return Ok(Turn::Early(wait));
        }
        let mut first = None;
        for Counter { key, pace } in counters {
            let fresh = Tally { ends: now.saturating_add(pace.window.as_secs()), ..Tally::default() };
            let mut tally = kept.live(key, now).unwrap_or(fresh);
            tally.count += 1;
            tally.not_before = now.saturating_add(pace.wait_after(tally.count).as_secs());
            first.get_or_insert(tally.count);
            kept.put(key, tally);
        }
        Ok(Turn::Taken(first.unwrap_or_default()))
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        let kept = &self.memory().counters;
        Ok(keys.iter().map(|key| kept.wait(key, now)).max().unwrap_or_default())
    }

    async fn give_back(&self, keys: &[&str], now: u64) -> Result<(), StoreError> {
        let kept = &mut self.memory().counters;
        for key in keys {
            if let Some(tally) = kept.live(key, now) {
                kept.put(key, Tally { count: tally.count.saturating_sub(1), not_before: 0, ..tally });
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

    #[tokio::test]
    async fn many_strangers_take_no_more_memory_than_there_are_buckets() {
        let store = MemoryStore::new();
        let hour = Duration::from_secs(3_600);
        let pace = Pace { free: 5, wait: hour, longest_wait: hour, window: hour };
        for name in 0..400_000 {
            let counters = [Counter { key: format!("account:{name}"), pace }];
            store.take(&counters, 1_000).await.unwrap();
        }
        let buckets: Vec<usize> = store.memory().counters.tallies.values().map(HashMap::len).collect();
        assert!(matches!(buckets.as_slice(), [one] if *one <= 1 << BITS), "{buckets:?}");
        // Each bucket has had several: a counter is shared rather than forgotten.
        let counters = [Counter { key: "account:0".to_owned(), pace }];
        assert!(matches!(store.take(&counters, 1_000).await.unwrap(), Turn::Early(_)));
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
}
