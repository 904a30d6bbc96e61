//! What the attacks share.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use auth_runtime::{HashError, PasswordHasher, Verdict, prelude::*};
use tests::User;

/// Hashes in no time: what is attacked here is not hashing.
pub(crate) struct Fast;

impl PasswordHasher for Fast {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(format!("plain:{password}")))
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        Ok(if hash.expose() == format!("plain:{password}") { Verdict::Match } else { Verdict::Mismatch })
    }
}

/// johndoe, whose password is `secret`, and alice, who is disabled.
pub(crate) fn users() -> MemoryUsers<User> {
    let user = |name: &str, disabled| User {
        username: name.to_owned(),
        disabled,
        hashed_password: PasswordHash::from_stored("plain:secret"),
    };
    MemoryUsers::from_iter([user("johndoe", false), user("alice", true)])
}

/// A file of this test alone.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    std::env::temp_dir().join(format!("attacks-{}-{number}-{name}", std::process::id()))
}

/// Writes a file that nobody else can read, as keys have to be.
pub(crate) fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
