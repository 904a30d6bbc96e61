//! The file that keys are kept in: a JWK Set of private keys.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Algorithm, KeyError, KeySet, Kind, SigningKey};
use crate::{
    ambient::{Clock, Randomness},
    token::jwk::{Jwk, JwkSet, encode},
};

pub(super) fn read(path: &Path) -> Result<KeySet, KeyError> {
    let set = parse(path, &text(path)?)?;
    KeySet::of_private(&set).map_err(|problem| KeyError(format!("the key file {}: {problem}", path.display())))
}

fn text(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let unreadable = |error| KeyError(format!("the key file {} cannot be read: {error}", path.display()));
    #[cfg(unix)]
    {
        let mode = fs::metadata(path).map(|data| std::os::unix::fs::PermissionsExt::mode(&data.permissions()));
        if mode.map_err(unreadable)? & 0o007 != 0 {
            return Err(KeyError(format!(
                "the key file {0} can be read by everyone on this machine: `chmod o= {0}`",
                path.display()
            )));
        }
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(unreadable)
}

fn parse(path: &Path, text: &str) -> Result<JwkSet, KeyError> {
    serde_json::from_str(text).map_err(|error| {
        // The place alone: the text of the error may quote a key.
        let (line, column) = (error.line(), error.column());
        KeyError(format!("the key file {} is no JWK Set: line {line}, column {column}", path.display()))
    })
}

/// A file of keys, to be listed and changed: `auth keys` does, and it is what [`SigningKeys::from_file`] reads.
///
/// ```
/// use auth_runtime::{KeyFile, NewKey, SigningKeys};
///
/// # let path = std::env::temp_dir().join(format!("auth-runtime-doc-{}.json", std::process::id()));
/// let file = KeyFile::at(&path);
/// file.rotate(&NewKey::default())?;
/// let keys = SigningKeys::from_file(&path)?;
/// assert_eq!(file.list()?.len(), 1);
/// # std::fs::remove_file(&path).unwrap();
/// # std::fs::remove_file(path.with_extension("json.lock")).unwrap();
/// # Ok::<(), auth_runtime::KeyError>(())
/// ```
///
/// [`SigningKeys::from_file`]: super::SigningKeys::from_file
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    clock: Clock,
}

/// A key to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it signs with; by default EdDSA, or HS256 without the feature `eddsa`.
    pub algorithm: Algorithm,
    /// How long it is in the file before it begins to sign: one minute by default, and not at all if it is the first. Longer
    /// than it takes every process to read the file again.
    pub begins_in: Duration,
    /// How long, after that, what the keys before it signed is still accepted: 25 hours by default. As long as the longest
    /// lifetime of a token, at least.
    pub keeps_others_for: Duration,
}

impl Default for NewKey {
    fn default() -> Self {
        Self {
            algorithm: if cfg!(feature = "eddsa") { Algorithm::EdDsa } else { Algorithm::Hs256 },
            begins_in: Duration::from_secs(60),
            keeps_others_for: Duration::from_secs(25 * 60 * 60),
        }
    }
}

/// What there is to know of a key in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// Its identifier (`kid`).
    pub id: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// When it begins to sign, in seconds since 1970.
    pub begins_at: u64,
    /// When nothing that it signed is accepted any more; `None` while nothing is to follow it.
    pub ends_at: Option<u64>,
    /// Whether it is the one that signs now.
    pub signs: bool,
}

impl KeyFile {
    /// The file at this path; it need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), clock: Clock::default() }
    }

    /// The same, by another clock than the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The keys in it.
    ///
    /// # Errors
    /// [`KeyError`] if it cannot be read, or has a key that is weak or malformed.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let set = parse(&self.path, &text(&self.path)?)?;
        let keys = read(&self.path)?;
        let signs = keys.signing(self.clock.unix_seconds()).map(|key| key.id().to_owned());
        let mut infos = Vec::new();
        for jwk in &set.keys {
            let key = SigningKey::from_jwk(jwk).map_err(KeyError)?;
            infos.push(KeyInfo {
                id: key.id().to_owned(),
                algorithm: key.algorithm(),
                begins_at: jwk.nbf.unwrap_or(0),
                ends_at: jwk.exp,
                signs: signs.as_deref() == Some(key.id()),
            });
        }
        Ok(infos)
    }

    /// Adds a key that will sign, sets an end to the others, and takes out those that have ended. The file is made if it does
    /// not exist, readable by its owner alone, and replaced in one step.
    ///
    /// # Errors
    /// [`KeyError`] if the file cannot be read or written, or if there is no randomness.
    pub fn rotate(&self, new: &NewKey) -> Result<KeyInfo, KeyError> {
        self.change(|keys, now| {
            let mut jwk = generate(new.algorithm)?;
            let key = SigningKey::from_jwk(&serde_json::from_value(Value::Object(jwk.clone())).map_err(|_| BROKEN)?)?;
            let begins_at = if keys.is_empty() { now } else { now.saturating_add(new.begins_in.as_secs()) };
            let others_end = begins_at.saturating_add(new.keeps_others_for.as_secs());
            let time = |key: &Map<String, Value>, name: &str| key.get(name).and_then(Value::as_u64);
            keys.retain(|key| time(key, "exp").is_none_or(|ends| now < ends));
            // One that would begin after this one has signed nothing, and is not to take over from it.
            keys.retain(|key| time(key, "nbf").is_none_or(|begins| begins <= begins_at));
            for other in keys.iter_mut() {
                let ends = time(other, "exp").map_or(others_end, |ends| ends.min(others_end));
                other.insert("exp".to_owned(), ends.into());
            }
            jwk.insert("kid".to_owned(), key.id().into());
            jwk.insert("alg".to_owned(), key.algorithm().name().into());
            jwk.insert("use".to_owned(), "sig".into());
            jwk.insert("nbf".to_owned(), begins_at.into());
            let (id, algorithm) = (key.id().to_owned(), key.algorithm());
            keys.push(jwk);
            Ok(KeyInfo { id, algorithm, begins_at, ends_at: None, signs: begins_at <= now })
        })
    }

    /// Takes a key out: whatever it signed is refused as soon as the file is read again.
    ///
    /// # Errors
    /// [`KeyError`] if there is no such key, if no other signs now, or if the file cannot be read or written.
    pub fn remove(&self, id: &str) -> Result<(), KeyError> {
        self.change(|keys, now| {
            let before = keys.len();
            keys.retain(|key| key.get("kid").and_then(Value::as_str) != Some(id));
            if keys.len() == before {
                return Err(format!("has no key {id:?}"));
            }
            let begun = |key: &Map<String, Value>| key.get("nbf").and_then(Value::as_u64).unwrap_or(0) <= now;
            if !keys.iter().any(begun) {
                return Err("has no other key that signs now: rotate first, with a key that begins at once".to_owned());
            }
            Ok(())
        })
    }

    /// One change at a time, also by several processes.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<Map<String, Value>>, u64) -> Result<T, String>,
    ) -> Result<T, KeyError> {
        let failed =
            |error: io::Error| KeyError(format!("the key file {} cannot be written: {error}", self.path.display()));
        let lock =
            File::options().create(true).truncate(false).write(true).open(self.beside("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut set = Map::new();
        let mut keys: Vec<Map<String, Value>> = Vec::new();
        if self.path.exists() {
            // Read as keys first, so that nothing is written to a file that is something else.
            read(&self.path)?;
            let text = text(&self.path)?;
            set = serde_json::from_str(&text).map_err(|_| KeyError(BROKEN.to_owned()))?;
            let listed = set.remove("keys").unwrap_or_default();
            keys = serde_json::from_value(listed).map_err(|_| KeyError(BROKEN.to_owned()))?;
        }
        let outcome = change(&mut keys, self.clock.unix_seconds())
            .map_err(|problem| KeyError(format!("the key file {} {problem}", self.path.display())))?;
        set.insert("keys".to_owned(), keys.into_iter().map(Value::Object).collect());
        let text = serde_json::to_string_pretty(&set).map(Zeroizing::new).map_err(|_| KeyError(BROKEN.to_owned()))?;
        self.write(&text).map_err(failed)?;
        Ok(outcome)
    }

    /// Written aside and moved here, so that nobody ever reads half of it.
    fn write(&self, text: &str) -> io::Result<()> {
        let aside = self.beside("new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&aside)?;
        #[cfg(unix)]
        if let Ok(present) = fs::metadata(&self.path) {
            // Who could read it before can read it still.
            file.set_permissions(present.permissions())?;
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        fs::rename(&aside, &self.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(suffix);
        name.into()
    }
}

const BROKEN: &str = "the key file is no JWK Set";

fn generate(algorithm: Algorithm) -> Result<Map<String, Value>, String> {
    if algorithm == Algorithm::Rs256 {
        return Err(format!(
            "cannot be given a new {algorithm} key here: make one with openssl, and use it as a `SigningKey`"
        ));
    }
    let mut bytes = Zeroizing::new([0; 32]);
    Randomness::default().fill(bytes.as_mut_slice()).map_err(|error| error.to_string())?;
    let secret = encode(bytes.as_slice());
    let members = match Kind::of_algorithm(algorithm) {
        None => vec![("kty", Some("oct".to_owned())), ("k", Some(secret))],
        Some(kind) => {
            // One in four billion is no scalar.
            let key = (kind.code()?.from_random)(&bytes).ok_or("was not given a key by chance: try again")?;
            let Jwk { kty, crv, x, y, .. } = key.public.ok_or("was not given a key")?;
            vec![("kty", Some(kty)), ("crv", crv), ("x", x), ("y", y), ("d", Some(secret))]
        }
    };
    Ok(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))).collect())
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
        time::UNIX_EPOCH,
    };

    use super::*;

    const NOW: u64 = 1_800_000_000;

    /// A file of keys in a folder of its own, which ends with its test, and the clock that it goes by.
    struct Desk {
        folder: PathBuf,
        file: KeyFile,
        clock: Arc<AtomicU64>,
    }

    impl Desk {
        fn new() -> Self {
            let name = format!("auth-runtime-keys-{}-{:?}", std::process::id(), std::thread::current().id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir(&folder).unwrap();
            let clock = Arc::new(AtomicU64::new(NOW));
            let seconds = Arc::clone(&clock);
            let file = KeyFile::at(folder.join("keys.json"))
                .clock(Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst))));
            Self { folder, file, clock }
        }

        fn at(&self, now: u64) {
            self.clock.store(now, Ordering::SeqCst);
        }

        /// A key that begins at once, and gives those before it another hour.
        fn rotate(&self) -> KeyInfo {
            self.file.rotate(&at_once(NewKey::default().algorithm)).unwrap()
        }

        fn read(&self) -> KeySet {
            read(&self.file.path).unwrap()
        }

        /// Identifier, beginning and end of each.
        fn listed(&self) -> Vec<(String, u64, Option<u64>)> {
            self.file.list().unwrap().into_iter().map(|key| (key.id, key.begins_at, key.ends_at)).collect()
        }

        #[cfg(unix)]
        fn set_mode(&self, mode: u32) {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.file.path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    impl Drop for Desk {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    fn at_once(algorithm: Algorithm) -> NewKey {
        NewKey { algorithm, begins_in: Duration::ZERO, keeps_others_for: Duration::from_secs(3600) }
    }

    #[test]
    fn each_kind_of_key_that_is_made_signs_and_is_verified() {
        for (algorithm, is_on, feature) in [
            (Algorithm::Hs256, true, ""),
            (Algorithm::EdDsa, cfg!(feature = "eddsa"), "eddsa"),
            (Algorithm::Es256, cfg!(feature = "es256"), "es256"),
        ] {
            let desk = Desk::new();
            let made = desk.file.rotate(&at_once(algorithm));
            if !is_on {
                let said = made.unwrap_err().to_string();
                assert!(said.contains(&format!("needs the feature `{feature}` of auth-runtime")), "{said}");
                continue;
            }
            let made = made.unwrap();
            assert_eq!((made.algorithm, made.begins_at, made.ends_at, made.signs), (algorithm, NOW, None, true));
            assert_eq!(desk.file.list().unwrap(), std::slice::from_ref(&made));
            let keys = desk.read();
            let key = keys.signing(NOW).unwrap();
            assert_eq!((key.id(), key.algorithm()), (made.id.as_str(), algorithm));
            assert!(key.verifies(b"message", &key.sign(b"message").unwrap()));
            assert_eq!(keys.public(NOW).len(), usize::from(algorithm != Algorithm::Hs256));
        }
        let said = Desk::new().file.rotate(&at_once(Algorithm::Rs256)).unwrap_err().to_string();
        assert!(said.contains("cannot be given a new RS256 key here"), "{said}");
    }

    #[test]
    fn the_next_key_signs_when_it_begins_and_the_others_end_later() {
        let desk = Desk::new();
        // The first begins at once, whatever is asked.
        let new = NewKey { begins_in: Duration::from_secs(60), ..at_once(NewKey::default().algorithm) };
        let first = desk.file.rotate(&new).unwrap();
        assert_eq!((first.begins_at, first.signs), (NOW, true));
        let second = desk.file.rotate(&new).unwrap();
        assert_eq!((second.begins_at, second.signs), (NOW + 60, false));
        let listed = [(first.id.clone(), NOW, Some(NOW + 3660)), (second.id.clone(), NOW + 60, None)];
        assert_eq!(desk.listed(), listed);
        assert_eq!(desk.file.list().unwrap().iter().map(|key| key.signs).collect::<Vec<_>>(), [true, false]);
        desk.at(NOW + 60);
        assert_eq!(desk.file.list().unwrap().iter().map(|key| key.signs).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_key_is_taken_out_by_the_first_rotation_at_its_end() {
        let desk = Desk::new();
        let (first, second) = (desk.rotate(), desk.rotate());
        let end = NOW + 3600;
        assert_eq!(desk.listed()[0], (first.id.clone(), NOW, Some(end)));
        desk.at(end - 1);
        let third = desk.rotate();
        // What was to end earlier ends when it was to.
        let kept =
            [(first.id, NOW, Some(end)), (second.id.clone(), NOW, Some(end + 3599)), (third.id.clone(), end - 1, None)];
        assert_eq!(desk.listed(), kept);
        desk.at(end);
        let fourth = desk.rotate();
        let ids: Vec<String> = desk.listed().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, [second.id, third.id, fourth.id]);
    }

    #[test]
    fn a_key_that_would_begin_later_makes_way_and_one_that_begins_with_it_stays() {
        let desk = Desk::new();
        let first = desk.rotate();
        let in_an_hour = NewKey { begins_in: Duration::from_secs(3600), ..at_once(NewKey::default().algorithm) };
        desk.file.rotate(&in_an_hour).unwrap();
        let sooner = desk.file.rotate(&NewKey { begins_in: Duration::from_secs(60), ..in_an_hour.clone() }).unwrap();
        let together = desk.file.rotate(&NewKey { begins_in: Duration::from_secs(60), ..in_an_hour }).unwrap();
        let ids: Vec<String> = desk.listed().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, [first.id, sooner.id, together.id]);
    }

    #[test]
    fn a_key_is_removed_while_another_signs() {
        let desk = Desk::new();
        let first = desk.rotate();
        let later = NewKey { begins_in: Duration::from_secs(60), ..at_once(NewKey::default().algorithm) };
        let second = desk.file.rotate(&later).unwrap();
        let said = desk.file.remove("another").unwrap_err().to_string();
        assert!(said.contains("has no key \"another\""), "{said}");
        desk.at(NOW + 59);
        let said = desk.file.remove(&first.id).unwrap_err().to_string();
        assert!(said.contains("has no other key that signs now"), "{said}");
        assert_eq!(desk.listed().len(), 2, "what is refused changes nothing");
        desk.at(NOW + 60);
        desk.file.remove(&first.id).unwrap();
        assert_eq!(desk.listed(), [(second.id, NOW + 60, None)]);
    }

    #[test]
    fn what_is_no_file_of_keys_is_left_as_it_is() {
        let desk = Desk::new();
        assert!(desk.file.list().unwrap_err().to_string().contains("cannot be read"));
        for text in ["notes", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}"#] {
            fs::write(&desk.file.path, text).unwrap();
            #[cfg(unix)]
            desk.set_mode(0o600);
            assert!(desk.file.list().is_err() && desk.file.rotate(&NewKey::default()).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&desk.file.path).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_and_keeps_who_may_read_it() {
        let desk = Desk::new();
        desk.rotate();
        let mode =
            || std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&desk.file.path).unwrap().permissions()) & 0o777;
        assert_eq!(mode(), 0o600);
        desk.set_mode(0o640);
        desk.rotate();
        assert_eq!(mode(), 0o640, "its group can read it still");
        for open in [0o644, 0o602, 0o601] {
            desk.set_mode(open);
            let said = desk.file.list().unwrap_err().to_string();
            assert!(said.contains("can be read by everyone") && said.contains("chmod o="), "{open:o}: {said}");
        }
        let aside = ["keys.json", "keys.json.lock"];
        let mut names: Vec<_> = fs::read_dir(&desk.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, aside, "and nothing half written is left beside it");
    }

    #[tokio::test]
    async fn a_file_is_read_again_while_its_keys_are_in_use() {
        let desk = Desk::new();
        let first = desk.rotate();
        let keys = super::super::SigningKeys::from_file_every(&desk.file.path, Duration::ZERO).unwrap();
        let once = super::super::SigningKeys::from_file(&desk.file.path).unwrap();
        let second = desk.rotate();
        assert!(keys.cached().snapshot().verifying(Some(&second.id), NOW).is_none());
        let read_again = async {
            while keys.cached().current().verifying(Some(&second.id), NOW).is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read_again).await.expect("the file is not read again");
        assert!(keys.cached().snapshot().verifying(Some(&first.id), NOW).is_some());
        let within_ten_seconds = once.cached().current();
        assert!(within_ten_seconds.verifying(Some(&first.id), NOW).is_some());
        assert!(within_ten_seconds.verifying(Some(&second.id), NOW).is_none());
    }
}
