use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use crate::store::{Lookup, StoreError, UserStore};
use crate::{password::PasswordHash, user::AuthUser};

/// Users in memory, in the order of their names: for tests, examples and small fixed sets. They are gone when the program ends.
/// Clones share them.
///
/// ```
/// use auth_runtime::{AuthUser, MemoryUsers};
///
/// #[derive(AuthUser, Clone)]
/// #[auth(no_password, always_active)]
/// struct Robot {
///     #[auth(username)]
///     name: String,
/// }
///
/// let robots = MemoryUsers::from_iter([Robot { name: "r2".into() }, Robot { name: "c3".into() }]);
/// ```
pub struct MemoryUsers<U> {
    users: Arc<RwLock<BTreeMap<String, Arc<U>>>>,
}

impl<U: AuthUser> MemoryUsers<U> {
    /// A store without users.
    #[must_use]
    pub fn new() -> Self {
        Self { users: Arc::default() }
    }

    /// Adds a user, or replaces the one of the same name.
    pub fn insert(&self, user: U) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        users.insert(user.username().to_owned(), Arc::new(user));
    }

    fn get(&self, username: &str) -> Option<Arc<U>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).get(username).cloned()
    }

    fn change<T>(&self, username: &str, change: impl FnOnce(&mut U) -> T) -> Option<T> {
        self.users
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(username)
            .map(|user| change(Arc::make_mut(user)))
    }
}

impl<U> Clone for MemoryUsers<U> {
    fn clone(&self) -> Self {
        Self { users: Arc::clone(&self.users) }
    }
}

impl<U: AuthUser> Default for MemoryUsers<U> {
    fn default() -> Self {
        Self::new()
    }
}

impl<U: AuthUser> FromIterator<U> for MemoryUsers<U> {
    fn from_iter<I: IntoIterator<Item = U>>(users: I) -> Self {
        let users = users.into_iter().map(|user| (user.username().to_owned(), Arc::new(user))).collect();
        Self { users: Arc::new(RwLock::new(users)) }
    }
}

impl<U> fmt::Debug for MemoryUsers<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUsers").finish_non_exhaustive()
    }
}

impl<U: AuthUser> UserStore for MemoryUsers<U> {
    type User = U;

    async fn find(&self, username: &str) -> Result<Option<U>, StoreError> {
        Ok(self.get(username).map(Arc::unwrap_or_clone))
    }

    fn find_shared(&self, username: &str) -> Lookup<'_, U> {
        Lookup::Known(self.get(username))
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.get_mut(username).filter(|user| user.password_hash() == Some(old)) {
            Arc::make_mut(user).set_password_hash(new.clone());
        }
        Ok(())
    }

    async fn add(&self, user: &U) -> Result<bool, StoreError> {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if users.contains_key(user.username()) {
            return Ok(false);
        }
        users.insert(user.username().to_owned(), Arc::new(user.clone()));
        Ok(true)
    }

    async fn set_password_hash(&self, username: &str, hash: &PasswordHash) -> Result<bool, StoreError> {
        Ok(self.change(username, |user| user.set_password_hash(hash.clone())).is_some())
    }

    async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        match self.change(username, |user| user.set_disabled(disabled)) {
            Some(false) => Err(StoreError::new("this user type has no field that says whether a user is disabled")),
            changed => Ok(changed.is_some()),
        }
    }

    async fn set_verified(&self, username: &str, verified: bool) -> Result<bool, StoreError> {
        match self.change(username, |user| user.set_verified(verified)) {
            Some(false) => Err(StoreError::new("this user type has no field that says whether an address is verified")),
            changed => Ok(changed.is_some()),
        }
    }

    async fn remove(&self, username: &str) -> Result<bool, StoreError> {
        Ok(self.users.write().unwrap_or_else(PoisonError::into_inner).remove(username).is_some())
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<U>, StoreError> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(users.range::<str, _>((from, Bound::Unbounded)).take(limit).map(|(_, user)| U::clone(user)).collect())
    }
}
