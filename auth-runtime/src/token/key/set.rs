//! Several keys at once: one signs, the others still verify, and all of them can be replaced while the program runs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{KeyError, SigningKey, VerifyingKey, file};
use crate::{
    store::{Boxed, StoreError},
    token::jwk::{Jwk, JwkSet},
};

const DEFAULT_RELOAD: Duration = Duration::from_secs(10);
/// How often a token with an unknown key can make us look for new ones.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The keys of one moment.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<HeldKey>,
    generation: u64,
}

#[derive(Debug)]
pub(crate) struct HeldKey {
    signing: Option<SigningKey>,
    pub(crate) verifying: VerifyingKey,
    /// When it begins to sign.
    not_before: u64,
    /// When nothing that it signed is accepted any more.
    pub(crate) expires_at: u64,
}

impl HeldKey {
    /// Whether they are the same key, under the same name and for the same time.
    fn is_same(&self, other: &Self) -> bool {
        (self.not_before, self.expires_at, self.signing.is_some())
            == (other.not_before, other.expires_at, other.signing.is_some())
            && self.verifying.is_same(&other.verifying)
    }
}

impl KeySet {
    /// Its number among all that there were: what was verified with the keys of another may not be good with these.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    fn is_same(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len() && self.keys.iter().zip(&other.keys).all(|(one, other)| one.is_same(other))
    }

    fn hold(&mut self, signing: SigningKey, not_before: u64, expires_at: u64) {
        let verifying = signing.verifying();
        self.keys.push(HeldKey { signing: Some(signing), verifying, not_before, expires_at });
    }

    /// The public keys of another issuer. Keys of kinds that are not known here are left out.
    #[cfg(feature = "oidc")]
    pub(crate) fn of_public(keys: &[Jwk]) -> Self {
        let held = |jwk: &Jwk| {
            let verifying = VerifyingKey::of_jwk(jwk)?;
            Some(HeldKey { signing: None, verifying, not_before: 0, expires_at: u64::MAX })
        };
        Self { keys: keys.iter().filter_map(held).collect(), generation: 0 }
    }

    /// The private keys of a file.
    pub(super) fn of_private(set: &JwkSet) -> Result<Self, String> {
        let mut keys = Self::default();
        for (index, jwk) in set.keys.iter().enumerate() {
            let name = jwk.kid.clone().unwrap_or_else(|| format!("number {}", index + 1));
            let key = SigningKey::from_jwk(jwk).map_err(|problem| format!("the key {name} {problem}"))?;
            if keys.keys.iter().any(|held| held.verifying.id() == Some(key.id())) {
                return Err(format!("two keys are named {name}"));
            }
            keys.hold(key, jwk.nbf.unwrap_or(0), jwk.exp.unwrap_or(u64::MAX));
        }
        if keys.keys.is_empty() {
            return Err("there is no key in it".to_owned());
        }
        Ok(keys)
    }

    /// What signs now: of the keys that have begun to, the one that began last.
    pub(crate) fn signing(&self, now: u64) -> Option<&SigningKey> {
        let begun = self.keys.iter().filter(|held| held.not_before <= now && now < held.expires_at);
        begun.filter(|held| held.signing.is_some()).max_by_key(|held| held.not_before)?.signing.as_ref()
    }

    /// What verifies a token that names this key; one that names none has to be of the only key there is.
    pub(crate) fn verifying(&self, id: Option<&str>, now: u64) -> Option<&HeldKey> {
        let mut good = self.keys.iter().filter(|held| now < held.expires_at);
        match id {
            Some(id) => good.find(|held| held.verifying.id() == Some(id)),
            None => {
                let only = good.next();
                only.filter(|_| good.next().is_none())
            }
        }
    }

    /// The public halves, of the keys that will sign too, so that who keeps a copy knows them in time.
    pub(crate) fn public(&self, now: u64) -> Vec<Jwk> {
        let good = self.keys.iter().filter(|held| now < held.expires_at);
        good.filter_map(|held| held.signing.as_ref()?.public()).collect()
    }

    #[cfg(feature = "oidc")]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

type Load = dyn Fn() -> Boxed<'static, Result<KeySet, StoreError>> + Send + Sync;

/// Keys that are read again now and then, and when a token names one that is not there.
pub(crate) struct CachedKeys {
    current: RwLock<Current>,
    /// That of `current`, to be asked for without its lock.
    generation: AtomicU64,
    source: Option<Source>,
}

struct Current {
    keys: Arc<KeySet>,
    /// Given by the application, which knows better than the place that they were read from.
    given: bool,
}

struct Source {
    load: Box<Load>,
    every: Duration,
    /// The one who reads holds it.
    reading: tokio::sync::Mutex<()>,
    asked_at: Mutex<Instant>,
    read_at: Mutex<Instant>,
}

impl CachedKeys {
    pub(crate) fn fixed(keys: KeySet) -> Self {
        Self::new(keys, true, None)
    }

    fn new(keys: KeySet, given: bool, source: Option<Source>) -> Self {
        let generation = AtomicU64::new(keys.generation);
        Self { current: RwLock::new(Current { keys: Arc::new(keys), given }), generation, source }
    }

    pub(crate) fn reloaded(
        keys: KeySet,
        every: Duration,
        load: impl Fn() -> Boxed<'static, Result<KeySet, StoreError>> + Send + Sync + 'static,
    ) -> Self {
        let source = Source {
            load: Box::new(load),
            every,
            reading: tokio::sync::Mutex::default(),
            asked_at: Mutex::new(Instant::now()),
            read_at: Mutex::new(Instant::now()),
        };
        Self::new(keys, false, Some(source))
    }

    /// Takes these for the keys. What was read meanwhile, or is later, counts no more once they are given.
    fn set(&self, keys: KeySet, given: bool) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.given && !given {
            return;
        }
        current.given = given;
        // The same keys, read once more, are no change.
        if !current.keys.is_same(&keys) {
            let generation = current.keys.generation.wrapping_add(1);
            // Under the lock, and before the old keys are dropped: who finds the new ones finds their number.
            self.generation.store(generation, Ordering::Release);
            current.keys = Arc::new(KeySet { generation, ..keys });
        }
    }

    /// The keys as they are known. If they are due, they are read again meanwhile: nobody waits for it.
    pub(crate) fn current(self: &Arc<Self>) -> Arc<KeySet> {
        self.read_if_due();
        self.snapshot()
    }

    /// The [`generation`](KeySet::generation) of those.
    #[inline]
    pub(crate) fn generation(self: &Arc<Self>) -> u64 {
        self.read_if_due();
        self.generation.load(Ordering::Acquire)
    }

    #[inline]
    fn read_if_due(self: &Arc<Self>) {
        if let Some(source) = &self.source
            && elapsed(&source.asked_at) >= source.every
            && source.reading.try_lock().is_ok()
        {
            let keys = Arc::clone(self);
            tokio::spawn(async move {
                if let Some(source) = &keys.source {
                    keys.read(source, source.every).await;
                }
            });
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<KeySet> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).keys)
    }

    /// Whether they were read so long ago that a key may have been withdrawn for long, and nobody would have noticed.
    #[inline]
    pub(crate) fn are_stale(&self) -> bool {
        self.source.as_ref().is_some_and(|source| elapsed(&source.read_at) >= source.every.saturating_mul(2))
    }

    /// Reads them again, or waits for whoever does; where that has failed of late, they stay as they are.
    pub(crate) async fn freshened(&self) {
        if let Some(source) = &self.source {
            self.read(source, source.every).await;
        }
    }

    /// Reads the keys again, for the sake of one that is not among them; but not more often than once a second, since strangers
    /// can ask for it.
    pub(crate) async fn renewed(&self) {
        if let Some(source) = &self.source {
            self.read(source, LEAST_PAUSE).await;
        }
    }

    /// Reads, unless somebody has within `pause`. What cannot be read leaves the keys as they are.
    async fn read(&self, source: &Source, pause: Duration) {
        let _reading = source.reading.lock().await;
        if elapsed(&source.asked_at) < pause {
            return;
        }
        // Noted first: who asks and hangs up has asked.
        note(&source.asked_at);
        match (source.load)().await {
            Ok(keys) => {
                self.set(keys, false);
                note(&source.read_at);
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(event = "keys.not_read", %error, cause, "the keys known so far stay in use");
            }
        }
    }
}

fn elapsed(since: &Mutex<Instant>) -> Duration {
    since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
}

fn note(now: &Mutex<Instant>) {
    *now.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
}

impl fmt::Debug for CachedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CachedKeys").field(&self.snapshot()).finish()
    }
}

/// The keys of an issuer: one signs, and others still verify what they signed before. Clones share them.
///
/// A key is replaced without a restart, either in a file that is read again every ten seconds ([`KeyFile`](super::KeyFile)
/// writes it, and `auth keys rotate`), or by [`replace`](Self::replace).
///
/// ```
/// use auth_runtime::{Auth, AuthUser, MemoryUsers, Randomness, SigningKey, SigningKeys};
///
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String }
/// let first = SigningKey::generate(&Randomness::default())?;
/// let keys = SigningKeys::new(first.clone());
/// let auth = Auth::builder(MemoryUsers::<User>::new()).signing_keys(keys.clone()).build()?;
///
/// // Later: new tokens are signed by the second key, and those of the first stay good.
/// let second = SigningKey::generate(&Randomness::default())?;
/// keys.replace(second, [first]);
/// # Ok::<(), auth_runtime::BoxError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SigningKeys(Arc<CachedKeys>);

impl SigningKeys {
    /// This key alone.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self(Arc::new(CachedKeys::fixed(fixed(key, []))))
    }

    /// The keys of a file, read again every ten seconds: a JWK Set (RFC 7517) of private keys. `nbf` of a key is when it
    /// begins to sign, `exp` when nothing that it signed is accepted any more, both in seconds since 1970. Of the keys that
    /// have begun, the one that began last signs.
    ///
    /// What is wrong with the file later is logged, and the keys that were read before stay in use.
    ///
    /// # Errors
    /// [`KeyError`] if the file cannot be read, is readable by everyone, or has a key that is weak or malformed.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        Self::from_file_every(path, DEFAULT_RELOAD)
    }

    /// The same, read again as often as this. A new key has to be in the file for longer before it begins to sign, so that
    /// every process knows it by then.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn from_file_every(path: impl AsRef<Path>, every: Duration) -> Result<Self, KeyError> {
        let path = path.as_ref().to_owned();
        let keys = file::read(&path)?;
        let load = move || -> Boxed<'static, Result<KeySet, StoreError>> { Box::pin(load(path.clone())) };
        Ok(Self(Arc::new(CachedKeys::reloaded(keys, every, load))))
    }

    /// Signs with `key` from now on, and still accepts what `verifying` signed. Every other key is forgotten, and what it
    /// signed is refused. Keys of a file are not read from there any more.
    pub fn replace(&self, key: SigningKey, verifying: impl IntoIterator<Item = SigningKey>) {
        self.0.set(fixed(key, verifying), true);
    }

    #[cfg(test)]
    pub(crate) fn replace_until(&self, key: SigningKey, expires_at: u64) {
        let mut keys = KeySet::default();
        keys.hold(key, 0, expires_at);
        self.0.set(keys, true);
    }

    pub(crate) fn cached(&self) -> &Arc<CachedKeys> {
        &self.0
    }
}

impl From<SigningKey> for SigningKeys {
    fn from(key: SigningKey) -> Self {
        Self::new(key)
    }
}

fn fixed(key: SigningKey, verifying: impl IntoIterator<Item = SigningKey>) -> KeySet {
    let mut keys = KeySet::default();
    for key in verifying {
        keys.hold(key, 0, u64::MAX);
    }
    // Of those that began at once, the last one signs.
    keys.hold(key, 0, u64::MAX);
    keys
}

async fn load(path: PathBuf) -> Result<KeySet, StoreError> {
    let read = tokio::task::spawn_blocking(move || file::read(&path)).await;
    match read {
        Ok(keys) => keys.map_err(|error| StoreError::new(error.to_string())),
        Err(error) => Err(StoreError::new("the key file was not read").caused_by(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{ambient::Randomness, secret::Secret};

    fn key() -> SigningKey {
        SigningKey::generate(&Randomness::default()).unwrap()
    }

    #[test]
    fn the_key_that_began_last_signs_and_the_others_verify() {
        let (first, second, third) = (key(), key(), key());
        let mut keys = KeySet::default();
        keys.hold(first.clone(), 0, 200);
        keys.hold(second.clone(), 100, u64::MAX);
        keys.hold(third.clone(), 300, u64::MAX);
        for (now, signs) in [(0, &first), (99, &first), (100, &second), (299, &second), (300, &third)] {
            assert_eq!(keys.signing(now).unwrap().id(), signs.id(), "{now}");
        }
        assert!(keys.verifying(Some(first.id()), 199).is_some());
        assert!(keys.verifying(Some(first.id()), 200).is_none(), "after its end");
        assert!(keys.verifying(Some(third.id()), 0).is_some(), "before it signs, for a clock that is behind");
        assert!(keys.verifying(Some("another"), 0).is_none());
        assert!(keys.verifying(None, 0).is_none(), "which one it is would be a guess");
        assert!(keys.public(0).is_empty(), "a secret has no public half");
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn a_key_signs_and_is_served_until_its_end() {
        let (first, other) = (SigningKey::from_ed25519_seed(&[1; 32]), SigningKey::from_ed25519_seed(&[2; 32]));
        let mut keys = KeySet::default();
        keys.hold(first.clone(), 100, 200);
        assert!(keys.signing(99).is_none() && keys.signing(200).is_none() && keys.signing(300).is_none());
        for now in [100, 150, 199] {
            assert_eq!(keys.signing(now).unwrap().id(), first.id(), "{now}");
        }
        assert_eq!(keys.verifying(None, 199).unwrap().verifying.id(), Some(first.id()), "it is the only one there is");
        assert!(keys.verifying(None, 200).is_none());
        keys.hold(other.clone(), 300, 400);
        let served = |now| keys.public(now).into_iter().map(|jwk| jwk.kid.unwrap()).collect::<Vec<_>>();
        assert_eq!(served(199), [first.id(), other.id()]);
        assert_eq!(served(200), [other.id()]);
        assert_eq!(served(400), [""; 0]);
    }

    #[test]
    fn a_key_that_is_replaced_verifies_where_it_is_kept() {
        let (first, second, third) = (key(), key(), key());
        let keys = SigningKeys::from(first.clone());
        let clone = keys.clone();
        assert_eq!(clone.cached().snapshot().signing(0).unwrap().id(), first.id());
        keys.replace(second.clone(), [first.clone()]);
        let now = clone.cached().snapshot();
        assert_eq!(now.signing(0).unwrap().id(), second.id());
        assert!(now.verifying(Some(first.id()), 0).is_some() && now.verifying(Some(third.id()), 0).is_none());
        keys.replace(third.clone(), []);
        assert!(clone.cached().snapshot().verifying(Some(first.id()), 0).is_none());
        assert!(format!("{keys:?}").contains(third.id()), "{keys:?}");
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn keys_that_are_read_once_more_are_no_change_and_any_other_are() {
        let [one, other] = [1, 2].map(|seed| SigningKey::from_ed25519_seed(&[seed; 32]));
        let keys = SigningKeys::new(one.clone());
        let generation = || {
            let of_snapshot = keys.cached().snapshot().generation();
            assert_eq!(keys.cached().generation(), of_snapshot, "what requests ask without the lock");
            of_snapshot
        };
        let first = generation();
        keys.replace(SigningKey::from_ed25519_seed(&[1; 32]), []);
        assert_eq!(generation(), first);
        keys.replace(one.clone(), [other.clone()]);
        let second = generation();
        assert_ne!(second, first);
        keys.replace(other.clone(), [one.clone()]);
        let third = generation();
        assert!(third != second && third != first, "another one signs");
        keys.replace(one, []);
        assert!(![first, second, third].contains(&generation()), "a number is not given twice");
        // The same name for another key, and another time for the same key.
        let named = |key: &SigningKey| SigningKey { id: "a".into(), ..key.clone() };
        keys.replace(named(&SigningKey::from_ed25519_seed(&[3; 32])), []);
        let before = generation();
        keys.replace(named(&other), []);
        assert_ne!(generation(), before);
        let before = generation();
        keys.replace_until(named(&other), 200);
        assert_ne!(generation(), before);
    }

    /// Keys that are read from a place where there are these, and were read so long ago.
    fn read_from(place: impl Fn() -> KeySet + Send + Sync + 'static, first: KeySet, ago: Duration) -> CachedKeys {
        let keys = CachedKeys::reloaded(first, Duration::from_secs(10), move || {
            let keys = place();
            Box::pin(async { Ok(keys) })
        });
        for since in keys.source.iter().flat_map(|source| [&source.asked_at, &source.read_at]) {
            *since.lock().unwrap() = Instant::now().checked_sub(ago).unwrap();
        }
        keys
    }

    #[tokio::test]
    async fn what_is_given_is_not_replaced_by_what_is_read() {
        let (file, given) = (key(), key());
        let read = file.clone();
        let keys = read_from(move || fixed(read.clone(), []), fixed(file.clone(), []), Duration::from_secs(60));
        let keys = SigningKeys(Arc::new(keys));
        keys.replace(given.clone(), []);
        keys.cached().renewed().await;
        let now = keys.cached().snapshot();
        assert!(now.verifying(Some(file.id()), 0).is_none() && now.verifying(Some(given.id()), 0).is_some());
    }

    #[tokio::test]
    async fn keys_of_long_ago_are_read_before_they_verify() {
        let (withdrawn, left) = (key(), key());
        for (ago, stale) in [(19, false), (20, true)] {
            let read = left.clone();
            let keys =
                read_from(move || fixed(read.clone(), []), fixed(withdrawn.clone(), []), Duration::from_secs(ago));
            assert_eq!(keys.are_stale(), stale);
            keys.freshened().await;
            assert!(!keys.are_stale() && keys.snapshot().verifying(Some(withdrawn.id()), 0).is_none());
        }
        assert!(!CachedKeys::fixed(fixed(left, [])).are_stale());
    }

    #[cfg(feature = "oidc")]
    #[test]
    fn of_anothers_keys_those_of_known_kinds_verify() {
        let known = SigningKey::from_ed25519_seed(&[1; 32]).public().unwrap();
        let unknown = Jwk { kty: "AKP".to_owned(), kid: Some("unknown".to_owned()), ..Jwk::default() };
        let keys = KeySet::of_public(&[unknown.clone(), known.clone()]);
        assert!(keys.verifying(known.kid.as_deref(), 0).is_some() && keys.verifying(Some("unknown"), 0).is_none());
        assert!(keys.signing(0).is_none() && !keys.is_empty() && KeySet::of_public(&[unknown]).is_empty());
    }

    #[test]
    fn two_keys_of_one_name_are_refused() {
        let key = r#"{"kty":"oct","kid":"a","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#;
        let set: JwkSet = serde_json::from_str(&format!(r#"{{"keys":[{key},{key}]}}"#)).unwrap();
        assert!(KeySet::of_private(&set).unwrap_err().contains("two keys are named a"));
        assert!(KeySet::of_private(&JwkSet::default()).is_err());
    }

    #[tokio::test]
    async fn strangers_cannot_make_us_read_more_than_once_a_second() {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&reads);
        let keys = CachedKeys::reloaded(KeySet::default(), Duration::from_secs(3600), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(KeySet::default()) })
        });
        if let Some(source) = &keys.source {
            let long_ago = Instant::now().checked_sub(2 * LEAST_PAUSE).unwrap();
            *source.asked_at.lock().unwrap() = long_ago;
        }
        for _ in 0..100 {
            keys.renewed().await;
        }
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn nor_do_those_who_hang_up() {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&reads);
        let keys = CachedKeys::reloaded(KeySet::default(), Duration::from_secs(3600), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::pending())
        });
        if let Some(source) = &keys.source {
            *source.asked_at.lock().unwrap() = Instant::now().checked_sub(2 * LEAST_PAUSE).unwrap();
        }
        for _ in 0..100 {
            let _ = tokio::time::timeout(Duration::ZERO, keys.renewed()).await;
        }
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn keys_that_cannot_be_read_again_stay() {
        let key = SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap();
        let keys = CachedKeys::reloaded(fixed(key.clone(), []), Duration::from_secs(3600), || {
            Box::pin(async { Err(StoreError::new("gone")) })
        });
        if let Some(source) = &keys.source {
            *source.asked_at.lock().unwrap() = Instant::now().checked_sub(2 * LEAST_PAUSE).unwrap();
        }
        keys.renewed().await;
        assert!(keys.snapshot().verifying(Some(key.id()), 0).is_some());
    }

    #[tokio::test]
    async fn keys_that_are_due_are_read_again_meanwhile_and_once() {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&reads);
        let new = key();
        let read = new.clone();
        let keys = Arc::new(CachedKeys::reloaded(KeySet::default(), Duration::from_secs(3600), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let keys = fixed(read.clone(), []);
            Box::pin(async { Ok(keys) })
        }));
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert!(keys.current().signing(0).is_none());
        assert_eq!(tasks(), 0, "they are not due");
        let source = keys.source.as_ref().unwrap();
        *source.asked_at.lock().unwrap() = Instant::now().checked_sub(Duration::from_secs(7200)).unwrap();
        assert!(keys.current().signing(0).is_none(), "nobody waits for it");
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(keys.current().signing(0).unwrap().id(), new.id());
        assert_eq!((reads.load(Ordering::SeqCst), tasks()), (1, 0));
    }

    #[tokio::test]
    async fn who_asks_while_keys_are_read_does_not_read_them_too() {
        let keys =
            Arc::new(CachedKeys::reloaded(KeySet::default(), Duration::ZERO, || Box::pin(std::future::pending())));
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        for _ in 0..10 {
            keys.current();
            tokio::task::yield_now().await;
        }
        assert_eq!(tasks(), 1);
    }
}
