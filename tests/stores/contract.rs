//! The contract that the library publishes for stores, on each of its own.

use auth_runtime::{
    Counter, CounterStore, MemoryStore, StoreError, Taken, UserStore, endpoints::NewUser, testing::contract,
};

use crate::support::{Account, Store, on_each_store};

fn account(name: &str, hash: auth_runtime::PasswordHash) -> Account {
    Account { age: Some(41), ..Account::new_user(name.to_owned(), hash) }
}

/// Beyond what every store does: the columns of this user type.
async fn columns(store: &impl UserStore<User = Account>) {
    let user = account("grüße \u{1F980}", auth_runtime::PasswordHash::from_stored("x"));
    assert!(store.add(&user).await.unwrap());
    assert_eq!(store.find(&user.name).await.unwrap(), Some(user.clone()));
    assert!(store.set_verified(&user.name, true).await.unwrap());
    assert!(store.find(&user.name).await.unwrap().unwrap().verified);
    assert!(!store.set_verified("nobody", true).await.unwrap());
    let empty = Account { age: None, ..account("empty", auth_runtime::PasswordHash::from_stored("x")) };
    assert!(store.add(&empty).await.unwrap());
    assert_eq!(store.find("empty").await.unwrap(), Some(empty));
}

/// Looks first, and counts then.
struct Torn(MemoryStore);

impl CounterStore for Torn {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Taken, StoreError> {
        let keys: Vec<&str> = counters.iter().map(|counter| counter.key.as_str()).collect();
        let wait = CounterStore::wait(&self.0, &keys, now).await?;
        if wait > 0 {
            return Ok(Taken::TooEarly(wait));
        }
        tokio::task::yield_now().await;
        // Whatever it is by now, it is counted.
        let taken = self.0.take(counters, now).await?;
        Ok(if matches!(taken, Taken::TooEarly(_)) { Taken::Counted(1) } else { taken })
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        CounterStore::wait(&self.0, keys, now).await
    }

    async fn give_back(&self, keys: &[&str], now: u64) -> Result<(), StoreError> {
        self.0.give_back(keys, now).await
    }

    async fn remember(&self, key: &str, value: &str, now: u64, until: u64) -> Result<(), StoreError> {
        self.0.remember(key, value, now, until).await
    }

    async fn remembers(&self, key: &str, value: &str, now: u64) -> Result<bool, StoreError> {
        self.0.remembers(key, value, now).await
    }
}

#[tokio::test]
#[should_panic(expected = "of many tries at once")]
async fn a_store_that_counts_in_two_steps_is_found_out() {
    contract::counters(&Torn(MemoryStore::new())).await;
}

on_each_store! {
    async fn users_are_kept(store: Store) {
        match &store {
            Store::Memory(_, users) => { contract::users(users, account).await; columns(users).await; }
            Store::Sqlite(_, users, _) => { contract::users(users, account).await; columns(users).await; }
            Store::Postgres(_, users) | Store::Redis(_, users, ..) => {
                contract::users(users, account).await;
                columns(users).await;
            }
        }
    }

    async fn sessions_are_kept(store: Store) {
        match &store {
            Store::Memory(store, _) => contract::sessions(store).await,
            Store::Sqlite(store, ..) => contract::sessions(store).await,
            Store::Postgres(store, _) | Store::Redis(store, ..) => contract::sessions(store).await,
        }
    }

    async fn revocations_are_kept(store: Store) {
        match &store {
            Store::Memory(store, _) => contract::revocations(store).await,
            Store::Sqlite(store, ..) => contract::revocations(store).await,
            Store::Postgres(store, _) => contract::revocations(store).await,
            Store::Redis(_, _, revocations, _) => contract::revocations(revocations).await,
        }
    }

    async fn clients_are_kept(store: Store) {
        match &store {
            Store::Memory(store, _) => contract::clients(store).await,
            Store::Sqlite(store, ..) => contract::clients(store).await,
            Store::Postgres(store, _) | Store::Redis(store, ..) => contract::clients(store).await,
        }
    }

    async fn counters_count(store: Store) {
        match &store {
            Store::Memory(store, _) => contract::counters(store).await,
            Store::Redis(.., counters) => contract::counters(counters).await,
            Store::Sqlite(..) | Store::Postgres(..) => {}
        }
    }
}
