//! What a store of counters has to do.

use std::{pin::Pin, task::Poll, time::Duration};

use super::{check, done, now, unique};
use crate::store::{Counter, CounterStore, MOST_REMEMBERED, Pace, Taken};

const PACE: Pace = Pace {
    free: 3,
    wait: Duration::from_secs(2),
    longest_wait: Duration::from_secs(10),
    window: Duration::from_secs(100),
};

/// What a [`CounterStore`] has to do.
///
/// # Panics
/// If the store does not.
pub async fn counters(store: &impl CounterStore) {
    counts(store).await;
    takes_all_or_none(store).await;
    counts_at_once(store).await;
    gives_back(store).await;
    remembers(store).await;
}

fn counter(pace: Pace) -> Counter {
    // A kind of its own, as the keys of the library have one.
    Counter { key: unique("counter").replacen('-', ":", 2), pace }
}

async fn take(store: &impl CounterStore, counters: &[&Counter], now: u64) -> Taken {
    let counters: Vec<Counter> = counters.iter().map(|counter| (*counter).clone()).collect();
    done(store.take(&counters, now).await, "counting")
}

async fn wait(store: &impl CounterStore, counters: &[&Counter], now: u64) -> u64 {
    let keys: Vec<&str> = counters.iter().map(|counter| counter.key.as_str()).collect();
    done(store.wait(&keys, now).await, "asking how long to wait")
}

async fn counts(store: &impl CounterStore) {
    let (one, other, now) = (counter(PACE), counter(PACE), now());
    check(wait(store, &[&one], now).await == 0, "what was never counted has to wait");
    for expected in 1..=3 {
        check(take(store, &[&one], now).await == Taken::Counted(expected), "a counter does not count one by one");
    }
    check(take(store, &[&one], now).await == Taken::TooEarly(2), "the first wait is not that of the pace");
    check(wait(store, &[&one], now + 1).await == 1, "a wait does not pass");
    check(take(store, &[&one], now + 1).await == Taken::TooEarly(1), "what comes too early is counted");
    for (at, expected, wait_after) in [(2, 4, 4), (6, 5, 8), (14, 6, 10), (24, 7, 10)] {
        check(take(store, &[&one], now + at).await == Taken::Counted(expected), "what comes in time is not counted");
        check(wait(store, &[&one], now + at).await == wait_after, "a wait does not double, up to the longest");
    }
    check(take(store, &[&other], now).await == Taken::Counted(1), "counters of two names are one");
    check(take(store, &[&one], now + 100).await == Taken::Counted(1), "a counter is not forgotten after its window");
    let unlimited = counter(Pace::UNLIMITED);
    for expected in 1..=20 {
        check(take(store, &[&unlimited], now).await == Taken::Counted(expected), "what has no limit is limited");
    }
}

async fn takes_all_or_none(store: &impl CounterStore) {
    let (narrow, wide, now) = (counter(Pace { free: 1, ..PACE }), counter(PACE), now());
    check(take(store, &[], now).await == Taken::Counted(0), "without counters there is nothing to wait for");
    check(take(store, &[&wide, &narrow], now).await == Taken::Counted(1), "the count is not that of the first");
    check(take(store, &[&wide, &narrow], now).await == Taken::TooEarly(2), "the strictest counter does not decide");
    check(wait(store, &[&wide], now).await == 0, "the wait of one counter is that of another");
    check(wait(store, &[&wide, &narrow], now).await == 2, "the longest wait does not decide");
    check(take(store, &[&wide], now).await == Taken::Counted(2), "one was counted where not all were");
}

/// Of many at once, as many are counted as there is room for: a store that looks first and counts then lets more through.
async fn counts_at_once(store: &impl CounterStore) {
    let (one, other, now) = (counter(PACE), counter(Pace { free: 100, ..PACE }), now());
    let both = [&one, &other];
    let mut tries: Vec<Pin<Box<dyn Future<Output = Taken> + Send + '_>>> = Vec::new();
    for _ in 0..50 {
        tries.push(Box::pin(take(store, &both, now)));
    }
    let mut answers = Vec::new();
    std::future::poll_fn(|context| {
        tries.retain_mut(|attempt| match attempt.as_mut().poll(context) {
            Poll::Ready(one) => {
                answers.push(one);
                false
            }
            Poll::Pending => true,
        });
        if tries.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let taken = answers.iter().filter(|one| matches!(one, Taken::Counted(_))).count();
    check(taken == 3, "of many tries at once, other than the free ones are taken");
    check(take(store, &[&other], now).await == Taken::Counted(4), "of many tries at once, some are counted in part");
}

async fn gives_back(store: &impl CounterStore) {
    let (one, other, now) = (counter(PACE), counter(PACE), now());
    for _ in 0..3 {
        take(store, &[&one], now).await;
        take(store, &[&other], now).await;
    }
    let give_back = async |counter: &Counter| {
        done(store.give_back(&[&counter.key], now).await, "giving back a try");
    };
    give_back(&one).await;
    check(wait(store, &[&one], now).await == 0, "a try that was given back makes wait");
    check(wait(store, &[&other], now).await == 2, "a try was given back on another counter");
    check(take(store, &[&one], now).await == Taken::Counted(3), "more was given back than one try");
    let fresh = counter(PACE);
    give_back(&fresh).await;
    check(take(store, &[&fresh], now).await == Taken::Counted(1), "more was given back than there was");
}

async fn remembers(store: &impl CounterStore) {
    let (key, now) = (unique("remembered"), now());
    let remembers = async |key: &str, value: &str, at| done(store.remembers(key, value, at).await, "asking");
    check(!remembers(&key, "a", now).await, "what was never said is remembered");
    done(store.remember(&key, "a", now, now + 100).await, "remembering");
    check(remembers(&key, "a", now).await, "nothing is remembered");
    check(!remembers(&key, "b", now).await, "another value is remembered");
    check(!remembers(&unique("remembered"), "a", now).await, "it is remembered under another key");
    check(!remembers(&key, "a", now + 100).await, "it is remembered for too long");
    done(store.remember(&key, "a", now, now + 200).await, "remembering");
    check(remembers(&key, "a", now + 100).await, "what is said again is not remembered for longer");
    for value in 0..MOST_REMEMBERED as u64 {
        done(store.remember(&key, &format!("value {value}"), now, now + 300 + value).await, "remembering");
    }
    check(remembers(&key, "value 0", now).await, "fewer values are remembered than should be");
    check(!remembers(&key, "a", now).await, "more values are remembered than should be");
}
