//! Counters that several processes share.

use std::time::Duration;

use auth_runtime::{Counter, CounterStore, Pace, RedisCounters, Taken};
use tests::services::redis_url;

use crate::support::unique;

const NOW: u64 = 1_800_000_000;
const HOUR: Duration = Duration::from_secs(3_600);
const THREE_AN_HOUR: Pace = Pace { free: 3, wait: HOUR, longest_wait: HOUR, window: HOUR };

fn account(number: usize) -> [Counter; 1] {
    [Counter { key: format!("account:{number}"), pace: THREE_AN_HOUR }]
}

#[tokio::test]
#[ignore = "needs Redis: use tests/run"]
async fn processes_that_share_a_redis_agree_on_every_counter() {
    let (url, prefix) = (redis_url(), unique());
    let process = async || RedisCounters::connect(&url).await.unwrap().prefix(&prefix);
    let processes = [process().await, process().await, process().await];
    // At once, so that each of them may be the one that begins.
    let firsts = processes.each_ref().map(|one| one.clone());
    let firsts = firsts.map(|one| tokio::spawn(async move { one.take(&account(0), NOW).await.unwrap() }));
    for first in firsts {
        assert!(matches!(first.await.unwrap(), Taken::Counted(_)));
    }
    assert_eq!(processes[0].take(&account(0), NOW).await.unwrap(), Taken::TooEarly(3_600));
    for number in 1..20 {
        for (index, one) in processes.iter().enumerate() {
            assert_eq!(one.take(&account(number), NOW).await.unwrap(), Taken::Counted(index as u64 + 1), "{number}");
        }
        assert_eq!(process().await.take(&account(number), NOW).await.unwrap(), Taken::TooEarly(3_600), "{number}");
    }

    // A Redis that has lost its memory is begun anew by all of them together.
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}:*")).query(&mut connection).unwrap();
    redis::cmd("DEL").arg(keys).exec(&mut connection).unwrap();
    for (index, one) in processes.iter().enumerate() {
        assert_eq!(one.take(&account(0), NOW).await.unwrap(), Taken::Counted(index as u64 + 1));
    }
    assert_eq!(process().await.take(&account(0), NOW).await.unwrap(), Taken::TooEarly(3_600));
    // And nobody has counted in the buckets of before.
    let counts: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}:count:*")).query(&mut connection).unwrap();
    assert_eq!(counts.len(), 1, "{counts:?}");
}
