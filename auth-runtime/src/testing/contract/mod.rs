//! What every store has to do, as tests: call them for a store of your own.
//!
//! ```
//! # async fn test() {
//! use auth_runtime::{MemoryStore, testing::contract};
//!
//! contract::sessions(&MemoryStore::new()).await;
//! contract::revocations(&MemoryStore::new()).await;
//! contract::clients(&MemoryStore::new()).await;
//! contract::counters(&MemoryStore::new()).await;
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test());
//! ```
//!
//! Each function works with names of its own, so that a store need not be empty, and panics with what the store did wrong.

mod counters;
mod sessions;
mod users;

use std::time::{SystemTime, UNIX_EPOCH};

pub use self::{counters::counters, sessions::sessions, users::users};
use crate::{
    ambient::Randomness,
    secret::Secret,
    store::{Client, ClientStore, RevocationStore, StoreError},
    token::random_text,
};

/// A name that nothing else has.
fn unique(what: &str) -> String {
    let text = random_text::<12>(&Randomness::default()).unwrap_or_default();
    format!("contract-{what}-{}", text.expose())
}

/// Stores of what is hot may forget by their own clocks, so that the times here are true.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[track_caller]
fn done<T>(outcome: Result<T, StoreError>, what: &str) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            fail(&format!("{what} failed: {error} ({cause})"))
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "this is a test")]
fn fail(what: &str) -> ! {
    panic!("the store breaks its contract: {what}")
}

#[track_caller]
fn check(holds: bool, what: &str) {
    if !holds {
        fail(what);
    }
}

/// What a [`RevocationStore`] has to do.
///
/// # Panics
/// If the store does not.
pub async fn revocations(store: &impl RevocationStore) {
    let now = now();
    let (one, other, third) = (unique("one"), unique("other"), unique("third"));
    let is_revoked = async |ids: &[&String], now: u64| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        done(store.is_any_revoked(&ids, now).await, "asking for a revocation")
    };

    check(!is_revoked(&[], now).await, "nothing is not revoked");
    check(!is_revoked(&[&one, &other], now).await, "what nobody revoked is revoked");
    done(store.revoke(&[one.clone(), other.clone()], now + 60).await, "revoking");
    check(is_revoked(&[&one], now).await, "what was revoked is not revoked");
    check(is_revoked(&[&third, &other], now).await, "one of several that was revoked is overlooked");
    check(!is_revoked(&[&third], now).await, "something else is revoked too");
    check(!is_revoked(&[&one], now + 60).await, "a revocation holds on after its time");

    done(store.revoke(std::slice::from_ref(&one), now + 30).await, "revoking again");
    check(is_revoked(&[&one], now + 59).await, "revoking again, for a shorter time, shortens a revocation");
    done(store.revoke(std::slice::from_ref(&one), now + 90).await, "revoking again");
    check(is_revoked(&[&one], now + 89).await, "revoking again, for a longer time, does not extend a revocation");

    let all = done(store.revoked(now).await, "listing revocations");
    check(all.contains(&(one.clone(), now + 90)), "a revocation is not listed with its time");
    check(!all.iter().any(|(id, _)| *id == third), "something is listed that was not revoked");
    let later = done(store.revoked(now + 90).await, "listing revocations");
    check(!later.iter().any(|(id, _)| *id == one), "a revocation is listed after its time");
}

/// What a [`ClientStore`] has to do.
///
/// # Panics
/// If the store does not.
pub async fn clients(store: &impl ClientStore) {
    let id = unique("client");
    let find = async |id: &str| done(store.find_client(id).await, "finding a client");

    check(find(&id).await.is_none(), "a client is found that nobody registered");
    let secret = Secret::new("0123456789abcdef0123456789abcdef");
    let Ok(client) = Client::with_secret(&id, &secret) else { fail("this secret is long enough") };
    let client = client.scopes(["a", "b:c"]).client_credentials().introspection();
    done(store.register(&client).await, "registering a client");
    check(find(&id).await.as_ref() == Some(&client), "a client is not found as it was registered");
    check(find(&id).await.is_some_and(|found| found.has_secret(&secret)), "a client's secret is not kept");
    check(find(&id.to_uppercase()).await.is_none(), "a client is found by a name in other letters");
    check(find(&format!("{id} ")).await.is_none(), "a client is found by a name with a blank");

    let mut public = Client::public(&id);
    public.disabled = true;
    done(store.register(&public).await, "registering a client again");
    check(find(&id).await.as_ref() == Some(&public), "a client that is registered again is not replaced");
    let all = done(store.clients().await, "listing clients");
    check(all.iter().filter(|client| client.id == id).count() == 1, "a client is not listed once");

    check(done(store.remove_client(&id).await, "removing a client"), "a client that was there is not removed");
    check(!done(store.remove_client(&id).await, "removing a client"), "a client is removed twice");
    check(find(&id).await.is_none(), "a removed client is found");
}
