//! Users who have been read, for as long as their file stays as it is.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, PoisonError, RwLock},
};

use super::changes::Generation;

/// More are not kept: all of them are forgotten, and read again as they are asked for.
const MOST_REMEMBERED_USERS: usize = 1_000;

pub(super) struct RememberedUsers<U>(RwLock<Users<U>>);

/// All of one state of the file.
struct Users<U> {
    generation: Generation,
    by_name: HashMap<String, Arc<U>>,
}

impl<U> Users<U> {
    fn of(generation: Generation) -> Self {
        Self { generation, by_name: HashMap::new() }
    }

    fn has_room_for(&self, username: &str) -> bool {
        self.by_name.len() < MOST_REMEMBERED_USERS || self.by_name.contains_key(username)
    }
}

impl<U> RememberedUsers<U> {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Users::of(Generation::default())))
    }

    pub(super) fn get(&self, username: &str, now: Generation) -> Option<Arc<U>> {
        let users = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (users.generation == now).then(|| users.by_name.get(username).cloned()).flatten()
    }

    /// Keeps a user who was read under this name after the file had come to this state.
    pub(super) fn keep(&self, username: &str, user: Arc<U>, generation: Generation) {
        let mut users = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if users.generation > generation {
            return;
        }
        let anew = users.generation < generation || !users.has_room_for(username);
        let outlived = anew.then(|| mem::replace(&mut *users, Users::of(generation)));
        users.by_name.insert(username.to_owned(), user);
        drop(users);
        // To wipe the hashes of many takes a while, in which nobody has to wait.
        drop(outlived);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_kept_for_one_state_of_the_file() {
        let remembered = RememberedUsers::new();
        remembered.keep("jane", Arc::new(1), Generation(1));
        assert_eq!(remembered.get("jane", Generation(1)).as_deref(), Some(&1));
        assert_eq!(remembered.get("john", Generation(1)), None);
        assert_eq!(remembered.get("jane", Generation(2)), None);
        remembered.keep("john", Arc::new(2), Generation(2));
        assert_eq!(remembered.get("jane", Generation(2)), None, "of an earlier state");
        remembered.keep("jane", Arc::new(1), Generation(1));
        assert_eq!(remembered.get("jane", Generation(2)), None, "of an earlier state, read by somebody slow");
        assert_eq!(remembered.get("john", Generation(2)).as_deref(), Some(&2));
    }

    #[test]
    fn no_more_are_kept_than_said() {
        let remembered = RememberedUsers::new();
        for number in 0..MOST_REMEMBERED_USERS {
            remembered.keep(&number.to_string(), Arc::new(number), Generation(0));
        }
        assert_eq!(remembered.get("0", Generation(0)).as_deref(), Some(&0));
        remembered.keep("1", Arc::new(1), Generation(0));
        assert_eq!(remembered.get("0", Generation(0)).as_deref(), Some(&0), "it has its place already");
        remembered.keep("more", Arc::new(7), Generation(0));
        assert_eq!(remembered.get("0", Generation(0)), None);
        assert_eq!(remembered.get("more", Generation(0)).as_deref(), Some(&7));
    }
}
