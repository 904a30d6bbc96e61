use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
};

use ed25519_dalek::{Signer, pkcs8::DecodePrivateKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{ambient::Randomness, secret::Secret};

/// RFC 7518 section 3.2: a key of the same size as the hash output, or larger.
const MIN_HMAC_BYTES: usize = 32;
/// 32 random bytes, even as hexadecimal, have more different ones than this but once in a billion keys.
const MIN_DIFFERENT_BYTES: usize = 8;
const HOW_TO_MAKE_ONE: &str = "Make a good one with `openssl rand -hex 32`";

/// The key that signs and verifies access tokens: HS256, or EdDSA with Ed25519.
///
/// Text that begins with `-----BEGIN PRIVATE KEY-----` is an Ed25519 key in PKCS#8, as `openssl genpkey -algorithm ed25519`
/// makes it; any other text is an HMAC secret, used byte for byte, of 32 bytes or more.
///
/// Keys come from the environment or a file, never from source. Printing one shows its algorithm alone.
#[derive(Clone)]
pub struct SigningKey(Key);

#[derive(Clone)]
enum Key {
    // Prepared once: the two hash states that every MAC under this key begins with.
    Hmac(Box<Hmac<Sha256>>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    EdDsa,
}

impl SigningKey {
    /// The key in an environment variable.
    ///
    /// # Errors
    /// [`KeyError`] if the variable is unset, empty or not text, or if its key is weak or malformed.
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        match std::env::var(variable) {
            Ok(text) if !text.trim().is_empty() => {
                Self::parse(&Secret::new(text)).map_err(|problem| KeyError(format!("the key in {variable} {problem}")))
            }
            Ok(_) | Err(std::env::VarError::NotPresent) => Err(KeyError(format!(
                "{variable} is not set. {HOW_TO_MAKE_ONE} and hand it over: `export {variable}=$(openssl rand -hex 32)`"
            ))),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(KeyError(format!("the key in {variable} is not text. {HOW_TO_MAKE_ONE}")))
            }
        }
    }

    /// The key in a file; blanks and line ends around it do not count.
    ///
    /// # Errors
    /// [`KeyError`] if the file cannot be read, or if its key is weak or malformed.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| KeyError(format!("the key file {} cannot be read: {error}", path.display())))?;
        Self::parse(&Secret::new(text)).map_err(|problem| KeyError(format!("the key in {} {problem}", path.display())))
    }

    /// The key in a file, which is made with a new random HMAC key if it does not exist, readable by its owner alone.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), or if the file cannot be made.
    pub fn from_file_or_generate(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        if path.exists() {
            return Self::from_file(path);
        }
        match Self::write_new(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(KeyError(format!("a new key cannot be written to {}: {error}", path.display())));
            }
        }
        Self::from_file(path)
    }

    /// The key in this text.
    ///
    /// # Errors
    /// [`KeyError`] if it is weak or malformed.
    pub fn from_secret(secret: &Secret) -> Result<Self, KeyError> {
        Self::parse(secret).map_err(|problem| KeyError(format!("the key {problem}")))
    }

    /// A new HMAC key that nobody else knows: tokens that it signs are good until this program ends.
    ///
    /// # Errors
    /// [`KeyError`] if there is no randomness.
    pub fn generate(randomness: &Randomness) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; MIN_HMAC_BYTES]);
        randomness.fill(bytes.as_mut_slice()).map_err(|error| KeyError(error.to_string()))?;
        Self::from_hmac_bytes(bytes.as_slice()).map_err(|problem| KeyError(format!("the key {problem}")))
    }

    fn write_new(path: &Path) -> io::Result<()> {
        let mut bytes = Zeroizing::new([0; MIN_HMAC_BYTES]);
        Randomness::default().fill(bytes.as_mut_slice()).map_err(io::Error::other)?;
        let mut text = Zeroizing::new(String::with_capacity(2 * MIN_HMAC_BYTES + 1));
        for byte in bytes.iter() {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push('\n');

        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // Written aside and then linked, so that no other process ever reads half a key, and the first one's stays.
        let mut suffix = [0; 8];
        Randomness::default().fill(&mut suffix).map_err(io::Error::other)?;
        let aside = path.with_extension(format!("{:016x}.new", u64::from_ne_bytes(suffix)));
        let mut file = options.open(&aside)?;
        let linked = file.write_all(text.as_bytes()).and_then(|()| fs::hard_link(&aside, path));
        fs::remove_file(&aside).and(linked)
    }

    fn parse(secret: &Secret) -> Result<Self, String> {
        let text = secret.expose().trim();
        if text.starts_with("-----BEGIN") {
            return ed25519_dalek::SigningKey::from_pkcs8_pem(text)
                .map(|key| Self(Key::Ed25519(Box::new(key))))
                .map_err(|_| {
                    "is not an Ed25519 private key in PKCS#8. Make one with `openssl genpkey -algorithm ed25519`"
                        .to_owned()
                });
        }
        // A certificate, a JWK or an SSH key: what is public, or half of it, must not become a secret.
        if text.contains("-----BEGIN") || text.starts_with(['{', '[']) || text.starts_with("ssh-") {
            return Err(format!("is a key or a document of another kind, not a secret. {HOW_TO_MAKE_ONE}"));
        }
        Self::from_hmac_bytes(text.as_bytes())
    }

    pub(super) fn from_hmac_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < MIN_HMAC_BYTES {
            return Err(format!(
                "is too short: {} bytes, where HS256 needs {MIN_HMAC_BYTES} or more. {HOW_TO_MAKE_ONE}",
                bytes.len()
            ));
        }
        let mut seen = [false; 256];
        for &byte in bytes {
            if let Some(seen) = seen.get_mut(usize::from(byte)) {
                *seen = true;
            }
        }
        if seen.iter().filter(|&&seen| seen).count() < MIN_DIFFERENT_BYTES {
            return Err(format!("repeats a few characters and can be guessed. {HOW_TO_MAKE_ONE}"));
        }
        let mac = Hmac::new_from_slice(bytes).map_err(|_| "has an impossible length".to_owned())?;
        Ok(Self(Key::Hmac(Box::new(mac))))
    }

    #[cfg(test)]
    pub(super) fn from_ed25519_seed(seed: &[u8; 32]) -> Self {
        Self(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed))))
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.0 {
            Key::Hmac(_) => Algorithm::Hs256,
            Key::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Key::Hmac(mac) => mac.as_ref().clone().chain_update(message).finalize().into_bytes().to_vec(),
            Key::Ed25519(key) => key.sign(message).to_vec(),
        }
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Key::Hmac(mac) => mac.as_ref().clone().chain_update(message).verify_slice(signature).is_ok(),
            Key::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verifying_key().verify_strict(message, &signature).is_ok()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [redacted])", self.algorithm().name())
    }
}

/// A key that is missing, weak or malformed. The text says what to do about it, and never shows the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        SigningKey::from_secret(&Secret::new(text)).unwrap_err().to_string()
    }

    #[test]
    fn weak_keys_are_refused_with_a_way_out() {
        for weak in ["", "secret", "0123456789abcdef0123456789abcde", &"a".repeat(64), &"ab".repeat(40)] {
            let text = refusal(weak);
            assert!(text.contains("openssl rand -hex 32"), "{text}");
            assert!(weak.is_empty() || !text.contains(weak), "{text}");
        }
        assert!(refusal("-----BEGIN RSA PRIVATE KEY-----").contains("openssl genpkey -algorithm ed25519"));
        for public in [
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJPaXzCR0ycSbL0rJJAzlp0+lx1Yy8NAbyPvbBmPLJEo",
            "Bag Attributes\n-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU",
        ] {
            assert!(refusal(public).contains("of another kind"), "{public}");
        }
    }

    #[test]
    fn a_missing_variable_says_how_to_set_it() {
        let text = SigningKey::from_env("AUTH_RUNTIME_TEST_UNSET").unwrap_err().to_string();
        assert!(text.starts_with("AUTH_RUNTIME_TEST_UNSET is not set."), "{text}");
        assert!(text.contains("export AUTH_RUNTIME_TEST_UNSET=$(openssl rand -hex 32)"), "{text}");
    }

    #[test]
    fn prints_no_key() {
        let key = SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(HS256, [redacted])");
    }

    #[test]
    fn a_generated_file_is_read_again_and_is_its_owners_alone() {
        let path = std::env::temp_dir().join(format!(
            "auth-runtime-{}-{:?}.key",
            std::process::id(),
            std::thread::current().id()
        ));
        let first = SigningKey::from_file_or_generate(&path).unwrap();
        let second = SigningKey::from_file_or_generate(&path).unwrap();
        assert!(second.verifies(b"message", &first.sign(b"message")));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn reads_an_ed25519_key_as_openssl_writes_it() {
        // RFC 8410 section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let key = SigningKey::from_secret(&Secret::new(pem)).unwrap();
        assert_eq!(key.algorithm(), Algorithm::EdDsa);
        assert!(key.verifies(b"message", &key.sign(b"message")));
        assert!(!key.verifies(b"another", &key.sign(b"message")));
        assert!(!key.verifies(b"message", b""));
    }
}
