//! What the attacks share.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
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

/// A file of one test, which ends with it. Nobody else can read it, as it has to be with keys.
pub(crate) struct PrivateFile(PathBuf);

impl PrivateFile {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("attacks-{}-{number}-{name}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
