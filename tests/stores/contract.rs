//! The contract that the library publishes for stores, on each of its own.

use auth_runtime::{UserStore, endpoints::NewUser, testing::contract};

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
