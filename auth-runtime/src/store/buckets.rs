//! How counters stay within a bounded memory.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;
use crate::ambient::Randomness;

/// Each counter is in a bucket, which others may share. Which do depends on a random key, so that nobody can look for a name that
/// shares the counter of another.
#[derive(Clone)]
pub(crate) struct Buckets {
    /// There are `1 << bits` of each kind.
    bits: u32,
    #[cfg(feature = "redis")]
    key: Zeroizing<[u8; 32]>,
    mac: Hmac<Sha256>,
}

impl Buckets {
    pub(crate) fn new(bits: u32, randomness: &Randomness) -> Result<Self, StoreError> {
        let mut key = Zeroizing::new([0; 32]);
        let failed = |error| StoreError::new("there is no key for the counters").caused_by(error);
        randomness.fill(key.as_mut_slice()).map_err(failed)?;
        Self::of(bits, key.as_slice())
    }

    /// With a key that was made before.
    pub(crate) fn of(bits: u32, key: &[u8]) -> Result<Self, StoreError> {
        let unfit = || StoreError::new("the key of the counters does not have its length");
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(key.try_into().map_err(|_| unfit())?);
        let mac = Hmac::new_from_slice(key.as_slice()).map_err(|_| unfit())?;
        Ok(Self {
            bits,
            #[cfg(feature = "redis")]
            key,
            mac,
        })
    }

    #[cfg(feature = "redis")]
    pub(crate) fn key(&self) -> &[u8] {
        self.key.as_slice()
    }

    /// The bucket of a counter.
    ///
    /// Its kind, up to its first colon, is kept: a name that somebody chose cannot share the counter of an address.
    pub(crate) fn bucket<'a>(&self, counter: &'a str) -> (&'a str, u32) {
        let kind = counter.split_once(':').map_or(counter, |(kind, _)| kind);
        let [a, b, c, d, ..] = <[u8; 32]>::from(self.mac.clone().chain_update(counter).finalize().into_bytes());
        (kind, u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - self.bits))
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_keep_kinds_apart_and_are_bounded() {
        let buckets = Buckets::of(20, &[7; 32]).unwrap();
        assert_eq!(buckets.bucket("address:192.0.2.1").0, "address");
        assert_eq!(buckets.bucket("everyone").0, "everyone");
        assert_ne!(buckets.bucket("account:a"), buckets.bucket("account:b"));
        let few = Buckets::of(4, &[7; 32]).unwrap();
        assert!((0..10_000).all(|name| few.bucket(&format!("account:{name}")).1 < 16));
    }

    #[test]
    fn each_key_has_buckets_of_its_own() {
        let (one, other) = (Buckets::of(32, &[7; 32]).unwrap(), Buckets::of(32, &[8; 32]).unwrap());
        assert_eq!(one.bucket("account:a"), one.clone().bucket("account:a"));
        assert_ne!(one.bucket("account:a"), other.bucket("account:a"));
        assert_eq!(format!("{one:?}"), "Buckets { .. }");
        assert!(Buckets::of(32, &[7; 31]).is_err());
        assert!(Buckets::new(32, &Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable))).is_err());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn another_process_with_the_same_key_has_the_same_buckets() {
        let one = Buckets::new(32, &Randomness::default()).unwrap();
        let other = Buckets::of(32, one.key()).unwrap();
        assert_eq!(one.bucket("account:a"), other.bucket("account:a"));
    }
}
