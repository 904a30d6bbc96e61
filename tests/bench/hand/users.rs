//! Users in memory. Looking one up copies a pointer.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::Serialize;

use crate::{
    Error,
    people::{PEOPLE, Person},
};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name to log in with.
    pub username: String,
    /// The address.
    pub email: Option<String>,
    /// The name.
    pub full_name: Option<String>,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// The password's hash.
    #[serde(skip)]
    pub hashed_password: String,
}

impl User {
    /// A person with this hash.
    #[must_use]
    pub fn new(person: &Person, hashed_password: String) -> Self {
        Self {
            username: person.username.to_owned(),
            email: Some(person.email()),
            full_name: Some(person.full_name.to_owned()),
            disabled: person.disabled,
            hashed_password,
        }
    }
}

/// All users.
#[derive(Debug, Default)]
pub struct Users(RwLock<HashMap<String, Arc<User>>>);

impl Users {
    /// The people, with their passwords hashed: argon2id, m=19456 KiB, t=2, p=1.
    ///
    /// # Errors
    /// If a password cannot be hashed.
    pub fn of_people() -> Result<Self, Error> {
        let mut users = HashMap::new();
        for person in &PEOPLE {
            let hash =
                Argon2::default().hash_password(person.password.as_bytes()).map_err(|error| error.to_string())?;
            users.insert(person.username.to_owned(), Arc::new(User::new(person, hash.to_string())));
        }
        Ok(Self(RwLock::new(users)))
    }

    /// The user of this name.
    #[must_use]
    pub fn find(&self, username: &str) -> Option<Arc<User>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(username).cloned()
    }

    /// The active user of this name and password. Hashing has a thread of its own.
    pub async fn log_in(&self, username: &str, password: String) -> Option<Arc<User>> {
        let user = self.find(username).filter(|user| !user.disabled)?;
        let hash = user.hashed_password.clone();
        let verified = tokio::task::spawn_blocking(move || {
            Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()
        });
        verified.await.is_ok_and(|verified| verified).then_some(user)
    }
}
