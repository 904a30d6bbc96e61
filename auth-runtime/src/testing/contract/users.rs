use super::{check, done, unique};
use crate::{
    password::PasswordHash,
    store::{Lookup, UserStore},
    user::AuthUser,
};

/// What a [`UserStore`] has to do whose users can be added and changed. `new` makes a user of this name who is not disabled,
/// with this hash.
///
/// # Panics
/// If the store does not.
pub async fn users<S: UserStore>(store: &S, new: impl Fn(&str, PasswordHash) -> S::User) {
    let name = unique("user");
    let hash = |text: &str| PasswordHash::from_stored(text);
    let find = async |name: &str| {
        let shared = async || match store.find_shared(name) {
            Lookup::Known(user) => user,
            Lookup::Read(user) => done(user.await, "finding a user"),
        };
        // Once before `find`, and then again, when the store may have kept what it read.
        let first = shared().await;
        let found = done(store.find(name).await, "finding a user");
        let seen = |user: &S::User| (user.username().to_owned(), user.is_disabled(), user.password_hash().cloned());
        for shared in [first, shared().await] {
            let agrees = shared.as_deref().map(seen) == found.as_ref().map(seen);
            check(agrees, "`find_shared` says something else than `find`");
        }
        found
    };
    let stored = async |name: &str| find(name).await.and_then(|user| user.password_hash().cloned());

    check(find(&name).await.is_none(), "a user is found whom nobody added");
    check(done(store.add(&new(&name, hash("one"))).await, "adding a user"), "a user of a new name is not added");
    check(!done(store.add(&new(&name, hash("two"))).await, "adding a user"), "a name is given to two users");
    check(stored(&name).await == Some(hash("one")), "a user is not found as it was added");
    check(find(&name).await.is_some_and(|user| user.username() == name), "a user is found under another name");
    for other in [name.to_uppercase(), format!("{name} "), format!("{name}%"), format!("{name}\0"), String::new()] {
        // A database may refuse to look for what it cannot hold.
        let found = store.find(&other).await;
        check(!matches!(found, Ok(Some(_))), "a user is found by another name");
    }

    done(store.replace_password_hash(&name, &hash("another"), &hash("two")).await, "replacing a hash");
    check(stored(&name).await == Some(hash("one")), "a hash is replaced that has changed meanwhile");
    done(store.replace_password_hash(&name, &hash("one"), &hash("two")).await, "replacing a hash");
    check(stored(&name).await == Some(hash("two")), "a hash is not replaced");
    check(done(store.set_password_hash(&name, &hash("three")).await, "setting a hash"), "a user is not found");
    check(stored(&name).await == Some(hash("three")), "a hash is not set");

    for disabled in [true, false] {
        check(done(store.set_disabled(&name, disabled).await, "disabling"), "a user is not found");
        let is_disabled = find(&name).await.map(|user| user.is_disabled());
        check(is_disabled == Some(disabled), "a user is not disabled, or not let in again");
    }

    let second = format!("{name}-2");
    check(done(store.add(&new(&second, hash("one"))).await, "adding a user"), "a user of a new name is not added");
    check(stored(&name).await == Some(hash("three")), "adding a user changes another");
    let listed = done(store.list(Some(&name), 1).await, "listing users");
    check(listed.iter().map(AuthUser::username).eq([second.as_str()]), "the user after one is not listed");
    check(done(store.list(None, 0).await, "listing users").is_empty(), "more users are listed than were asked for");

    let nobody = unique("nobody");
    check(!done(store.set_password_hash(&nobody, &hash("x")).await, "setting a hash"), "nobody has a password");
    check(!done(store.set_disabled(&nobody, true).await, "disabling"), "nobody is disabled");
    check(!done(store.remove(&nobody).await, "removing a user"), "nobody is removed");
    for name in [&name, &second] {
        check(done(store.remove(name).await, "removing a user"), "a user is not removed");
        check(find(name).await.is_none(), "a removed user is found");
    }
}
