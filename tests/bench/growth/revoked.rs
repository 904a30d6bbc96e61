//! Tokens that are revoked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_runtime::{MemoryStore, RevocationStore, SqliteStore};
use bench::{
    Error,
    people::{JOHN, SCOPE},
};

use crate::{
    Growth, Line, Place, app,
    measure::{self, Case, thousands},
};

const SIZES: [u64; 3] = [0, 1_000, 1_000_000];
const AT_ONCE: u64 = 10_000;

pub(crate) async fn measure(place: &Place) -> Result<Growth, Error> {
    let (mut cases, mut grown) = (Vec::new(), Vec::new());
    let case = |store: &str, size, router| -> Result<Case, Error> {
        let tokens = vec![place.tokens.issue(JOHN.username, SCOPE)?];
        Ok(Case { size: format!("{} in {store}", thousands(size)), router, path: "/me".to_owned(), tokens })
    };
    for size in SIZES {
        let store = MemoryStore::new();
        let before = measure::memory()?;
        revoke(&store, size).await?;
        grown.push(Some(measure::memory()?.saturating_sub(before)));
        let auth = app::auth(place, app::john())?.revocations(store);
        cases.push(case("memory", size, app::router(auth)?)?);
    }
    for size in SIZES {
        let store = SqliteStore::open(place.fresh(&format!("revoked-{size}.db"))).await?;
        revoke(&store, size).await?;
        grown.push(None);
        let auth = app::auth(place, app::john())?.revocations(store);
        cases.push(case("SQLite", size, app::router(auth)?)?);
    }
    let costs = measure::costs(&mut cases).await?;
    for size in SIZES {
        place.fresh(&format!("revoked-{size}.db"));
    }
    let lines = cases.iter().zip(costs).zip(grown).map(|((case, cost), grown)| Line {
        size: case.size.clone(),
        figures: vec![
            format!("{:.2}", cost.used),
            format!("{:.2}", cost.elapsed),
            grown.map(|kib| thousands(kib.div_ceil(1_024))).unwrap_or_default(),
        ],
    });
    Ok(Growth {
        with: "tokens revoked",
        columns: &["µs of processor time for a guarded GET", "µs on the clock", "MiB"],
        lines: lines.collect(),
        why: "Each request asks whether its token is among them: in memory a hash table, which takes the same time however \
              many there are, and in SQLite a B-tree, which gets a level deeper for every few hundredfold. What is revoked is \
              kept until it would have expired, so that memory is in proportion to what was revoked within a token's lifetime.",
    })
}

async fn revoke(store: &impl RevocationStore, size: u64) -> Result<(), Error> {
    let until = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(24 * 60 * 60);
    let mut from = 0;
    while from < size {
        let to = size.min(from + AT_ONCE);
        // As long as the identifiers that are issued.
        let ids: Vec<String> = (from..to).map(|number| format!("revoked-{number:014}")).collect();
        store.revoke(&ids, until.as_secs()).await?;
        from = to;
    }
    Ok(())
}
