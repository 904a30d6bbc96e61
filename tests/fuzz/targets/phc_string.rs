//! Stored hashes: any text is read or refused, no password fits a hash that was not made of it, and no error quotes the text.

#![no_main]

use auth_runtime::{Argon2id, PasswordHash, PasswordHasher, Verdict};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static HASHER: Argon2id = Argon2id::default();
}

/// Whether some number in it may be a cost that takes long.
fn is_costly(text: &str) -> bool {
    let numbers = text.split(|character: char| !character.is_ascii_digit());
    let bcrypt = text.contains("$2")
        && numbers.clone().any(|number| number.parse::<u32>().is_ok_and(|cost| (6..=16).contains(&cost)));
    bcrypt
        || numbers
            .clone()
            .any(|number| number.parse::<u64>().is_ok_and(|number| (2_048..=10_000_000).contains(&number)))
        || text.contains("scrypt")
            && numbers.clone().any(|number| number.parse::<u64>().is_ok_and(|number| number > 64))
        || text.contains("argon2")
            && numbers.clone().any(|number| number.parse::<u64>().is_ok_and(|number| number > 64))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if is_costly(text) {
        return;
    }
    HASHER.with(|hasher| {
        let stored = PasswordHash::from_stored(text);
        match hasher.verify("not the password of any of them", &stored) {
            Ok(verdict) => assert_eq!(verdict, Verdict::Mismatch, "{text:?}"),
            Err(error) => assert!(text.len() < 8 || !error.to_string().contains(text), "{error}"),
        }
        assert_eq!(format!("{stored:?}"), "[redacted]");
    });
});
