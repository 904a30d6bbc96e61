//! Tokens that were verified a moment ago. A signature that was good stays good, so it need not be checked again with each
//! request; all that can change is checked each time.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
};

use siphasher::sip128::{Hash128, SipHasher13};
use zeroize::Zeroizing;

use super::AccessClaims;
use crate::ambient::Randomness;

const DEFAULT_ROOM: usize = 4_096;
/// Longer tokens, and those with more scopes, are verified each time: that bounds what one entry takes.
const MOST_BYTES: usize = 2 * 1024;
const MOST_SCOPES: usize = 64;
/// Where a digest can be: one of so many places, of which the one that ends first gives way.
const WAYS: usize = 4;

/// What a token is looked up by: its SipHash-1-3 of 128 bits, with a key that nobody outside this process knows and no answer
/// tells anything of. So nobody can make a text whose digest is that of somebody else's token, which is not known either.
pub(crate) type Digest = Hash128;

/// A bounded cache of genuine tokens, by their digests. A stranger cannot fill it: a token comes in when it has been verified.
///
/// A hit is as good as a verification: the keys are the same as then (any change of them makes every entry a stranger), the
/// signing key has not ended, and the token has begun and not expired. Whatever else there is to say of a token, its
/// revocation and its user, is asked behind this, each time.
pub(crate) struct VerifiedTokens {
    hasher: SipHasher13,
    sets: Box<[RwLock<[Option<Entry>; WAYS]>]>,
}

struct Entry {
    digest: Digest,
    token: Verified,
}

/// A token that was verified, and what its being good depends on.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: Arc<AccessClaims>,
    /// The keys among which its key was: their [`KeySet::generation`](super::KeySet::generation).
    pub(crate) generation: u64,
    /// The seconds in which it is good, leeway included. A key that ends before the token does ends it.
    pub(crate) good: Range<u64>,
}

impl VerifiedTokens {
    /// How many there is room for unless the application says otherwise.
    pub(crate) fn default_room() -> usize {
        #[cfg(feature = "testing")]
        if std::env::var_os("AUTH_TESTING_KEEPS_NO_TOKENS").is_some_and(|value| value == "1") {
            return 0;
        }
        DEFAULT_ROOM
    }

    /// Room for so many, rounded up; for none without randomness, since anybody may know a key of zeros.
    pub(crate) fn new(most: usize, randomness: &Randomness) -> Self {
        let mut key = Zeroizing::new([0; 16]);
        let sets = if randomness.fill(key.as_mut_slice()).is_ok() { most.div_ceil(WAYS) } else { 0 };
        Self { hasher: SipHasher13::new_with_key(&key), sets: (0..sets).map(|_| RwLock::default()).collect() }
    }

    /// The digest under which a token is looked up; `None` for one that is never kept.
    #[inline]
    pub(crate) fn digest(&self, token: &[u8]) -> Option<Digest> {
        (!self.sets.is_empty() && token.len() <= MOST_BYTES).then(|| self.hasher.hash(token))
    }

    /// What this token says, if it was verified with these keys, and is good now.
    #[inline]
    pub(crate) fn find(&self, digest: Digest, generation: u64, now: u64) -> Option<Arc<AccessClaims>> {
        let set = self.set(digest)?.read().unwrap_or_else(PoisonError::into_inner);
        let entry = set.iter().flatten().find(|entry| entry.digest == digest)?;
        let token = &entry.token;
        (token.generation == generation && token.good.contains(&now)).then(|| Arc::clone(&token.claims))
    }

    /// Keeps a token that was verified just now.
    pub(crate) fn keep(&self, digest: Digest, token: Verified) {
        if token.claims.scopes.len() > MOST_SCOPES {
            return;
        }
        let Some(set) = self.set(digest) else { return };
        let mut set = set.write().unwrap_or_else(PoisonError::into_inner);
        // Its own place, if it has one; then a place of no use, which one with other keys is; then the one that ends first.
        let lasts = |place: &&mut Option<Entry>| match place {
            Some(entry) if entry.digest == digest => (0, 0),
            Some(entry) if entry.token.generation == token.generation => (2, entry.token.good.end),
            _ => (1, 0),
        };
        if let Some(place) = set.iter_mut().min_by_key(lasts) {
            *place = Some(Entry { digest, token });
        }
    }

    #[inline]
    fn set(&self, digest: Digest) -> Option<&RwLock<[Option<Entry>; WAYS]>> {
        // One half of a digest is as good as the other.
        let sets = u64::try_from(self.sets.len()).ok()?;
        self.sets.get(usize::try_from(digest.h1.checked_rem(sets)?).ok()?)
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens").field("most", &(self.sets.len() * WAYS)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(most: usize) -> VerifiedTokens {
        VerifiedTokens::new(most, &Randomness::default())
    }

    fn verified(subject: &str, generation: u64, good_until: u64) -> Verified {
        Verified { claims: Arc::new(AccessClaims::new(subject)), generation, good: 100..good_until }
    }

    fn kept(tokens: &VerifiedTokens, token: &str, generation: u64, good_until: u64) {
        tokens.keep(tokens.digest(token.as_bytes()).unwrap(), verified(token, generation, good_until));
    }

    fn found(tokens: &VerifiedTokens, token: &str, generation: u64, now: u64) -> bool {
        tokens
            .find(tokens.digest(token.as_bytes()).unwrap(), generation, now)
            .is_some_and(|claims| claims.subject == token)
    }

    #[test]
    fn a_token_is_found_in_its_time_with_its_keys_and_by_its_whole_text() {
        let tokens = room(8);
        kept(&tokens, "a.b.c", 7, 200);
        assert!(found(&tokens, "a.b.c", 7, 100) && found(&tokens, "a.b.c", 7, 199));
        assert!(!found(&tokens, "a.b.c", 7, 99) && !found(&tokens, "a.b.c", 7, 200));
        assert!(!found(&tokens, "a.b.c", 8, 150), "other keys");
        assert!(!found(&tokens, "a.b.C", 7, 150), "another text");
    }

    #[test]
    fn there_are_never_more_than_there_is_room_for() {
        let tokens = room(8);
        for number in 0..1_000 {
            kept(&tokens, &format!("token-{number}"), 1, 200);
        }
        let left = (0..1_000).filter(|number| found(&tokens, &format!("token-{number}"), 1, 150)).count();
        assert_eq!(left, 8);
        assert_eq!(format!("{tokens:?}"), "VerifiedTokens { most: 8, .. }");
    }

    #[test]
    fn what_ends_first_gives_way_and_what_other_keys_verified_before_that() {
        let tokens = room(WAYS);
        for (name, until) in [("a", 400), ("b", 300), ("c", 500), ("d", 600)] {
            kept(&tokens, name, 1, until);
        }
        kept(&tokens, "e", 1, 700);
        assert!(!found(&tokens, "b", 1, 150));
        assert!(["a", "c", "d", "e"].iter().all(|name| found(&tokens, name, 1, 150)));
        kept(&tokens, "f", 2, 110);
        kept(&tokens, "g", 2, 110);
        assert!(found(&tokens, "f", 2, 105) && found(&tokens, "g", 2, 105), "neither replaced the other");
    }

    #[test]
    fn a_token_that_is_verified_again_takes_its_own_place() {
        let tokens = room(WAYS);
        for (name, until) in [("a", 400), ("b", 300), ("c", 500), ("d", 600)] {
            kept(&tokens, name, 1, until);
        }
        kept(&tokens, "d", 1, 900);
        assert!(["a", "b", "c", "d"].iter().all(|name| found(&tokens, name, 1, 150)));
        assert!(found(&tokens, "d", 1, 899));
    }

    #[test]
    fn what_is_large_is_verified_each_time_and_so_is_everything_without_room() {
        let tokens = room(8);
        assert!(tokens.digest(&[b'a'; 2_048]).is_some() && tokens.digest(&[b'a'; 2_049]).is_none());
        let with = |scopes: usize| {
            let claims = AccessClaims::new("a").scopes((0..scopes).map(|scope| scope.to_string()));
            tokens.keep(tokens.digest(b"a").unwrap(), Verified { claims: Arc::new(claims), ..verified("a", 1, 200) });
            found(&tokens, "a", 1, 150)
        };
        assert!(!with(MOST_SCOPES + 1) && with(MOST_SCOPES));
        assert!(room(0).digest(b"a").is_none());
    }

    #[test]
    fn digests_are_of_this_process_alone_and_without_randomness_nothing_is_kept() {
        assert_ne!(room(8).digest(b"a.b.c"), room(8).digest(b"a.b.c"));
        let none = Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable));
        assert_eq!(VerifiedTokens::new(8, &none).digest(b"a.b.c"), None);
    }
}
