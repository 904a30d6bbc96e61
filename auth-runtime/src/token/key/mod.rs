//! Keys: what signs access tokens, and what verifies them.

#[cfg(feature = "eddsa")]
mod ed25519;
#[cfg(feature = "es256")]
mod es256;
mod file;
mod hmac;
#[cfg(feature = "ring")]
mod ring;
#[cfg(feature = "rs256")]
mod rs256;
mod set;
mod verifying;

use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use zeroize::Zeroizing;

pub use self::{
    file::{KeyFile, KeyInfo, NewKey},
    set::SigningKeys,
};
pub(crate) use self::{
    set::{CachedKeys, KeySet},
    verifying::VerifyingKey,
};
use super::jwk::Jwk;
use crate::{ambient::Randomness, secret::Secret};

const HOW_TO_MAKE_ONE: &str = "Make a good one with `openssl rand -hex 32`";

/// A signature algorithm (RFC 7518, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256: one secret signs and verifies.
    Hs256,
    /// Ed25519; needs the feature `eddsa`.
    EdDsa,
    /// ECDSA with P-256 and SHA-256; needs the feature `es256`.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256; needs the feature `rs256`.
    Rs256,
}

impl Algorithm {
    /// The name that the RFCs give it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Hs256, Self::EdDsa, Self::Es256, Self::Rs256].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CannotSign;

impl fmt::Display for CannotSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key made no signature")
    }
}

impl std::error::Error for CannotSign {}

/// A key of one algorithm.
trait Verifies: Send + Sync {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// One that also signs.
trait Signs: Verifies {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign>;
}

/// A kind of keys with two halves: what its JWKs look like, what it signs with, and the feature that it needs.
struct Kind {
    kty: &'static str,
    crv: Option<&'static str>,
    /// What people call one.
    name: &'static str,
    algorithm: Algorithm,
    feature: &'static str,
    /// None without the feature.
    code: Option<Code>,
}

/// What the file of an algorithm exports.
#[cfg_attr(
    not(any(feature = "eddsa", feature = "es256", feature = "rs256")),
    allow(dead_code, reason = "without these features, no file exports one")
)]
struct Code {
    /// The private key in this text, if it is of this kind.
    from_pem: fn(&str) -> Option<KeyParts>,
    /// The private key of a JWK, whose public half must be its own.
    from_jwk: fn(&Jwk) -> Option<KeyParts>,
    /// The private key of these bytes; `None` for the few that are none, and where a key is not made of bytes.
    from_random: fn(&[u8; 32]) -> Option<KeyParts>,
    /// The public key of a JWK.
    #[cfg(any(feature = "oidc", test))]
    public: fn(&Jwk) -> Option<Arc<dyn Verifies>>,
    how_to_make_one: &'static str,
}

/// Beside the secrets of HS256, which have one half.
static KINDS: [Kind; 3] = [
    Kind {
        kty: "OKP",
        crv: Some("Ed25519"),
        name: "An Ed25519 key",
        algorithm: Algorithm::EdDsa,
        feature: "eddsa",
        #[cfg(feature = "eddsa")]
        code: Some(ed25519::CODE),
        #[cfg(not(feature = "eddsa"))]
        code: None,
    },
    Kind {
        kty: "EC",
        crv: Some("P-256"),
        name: "A P-256 key",
        algorithm: Algorithm::Es256,
        feature: "es256",
        #[cfg(feature = "es256")]
        code: Some(es256::CODE),
        #[cfg(not(feature = "es256"))]
        code: None,
    },
    Kind {
        kty: "RSA",
        crv: None,
        name: "An RSA key",
        algorithm: Algorithm::Rs256,
        feature: "rs256",
        #[cfg(feature = "rs256")]
        code: Some(rs256::CODE),
        #[cfg(not(feature = "rs256"))]
        code: None,
    },
];

impl Kind {
    fn of_jwk(jwk: &Jwk) -> Option<&'static Self> {
        KINDS.iter().find(|kind| (kind.kty, kind.crv) == (jwk.kty.as_str(), jwk.crv.as_deref()))
    }

    fn of_algorithm(algorithm: Algorithm) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.algorithm == algorithm)
    }

    fn code(&self) -> Result<&Code, String> {
        self.code.as_ref().ok_or_else(|| needs_feature(self.feature))
    }
}

fn needs_feature(name: &str) -> String {
    format!("needs the feature `{name}` of auth-runtime")
}

/// What an algorithm's file makes of a key's text.
struct KeyParts {
    algorithm: Algorithm,
    id: String,
    key: Arc<dyn Signs>,
    public: Option<Jwk>,
}

impl KeyParts {
    fn new(algorithm: Algorithm, id: String, key: impl Signs + 'static, public: Option<Jwk>) -> Self {
        Self { algorithm, id, key: Arc::new(key), public }
    }
}

/// The key that signs and verifies access tokens: HS256, EdDSA with Ed25519, ES256 or RS256.
///
/// Text that begins with `-----BEGIN PRIVATE KEY-----` is a private key in PKCS#8, as `openssl genpkey` makes it, and its
/// kind decides the algorithm; any other text is an HMAC secret, used byte for byte, of 32 bytes or more. EdDSA needs the
/// feature `eddsa`, ES256 the feature `es256`, RS256 (2048 bits or more) the feature `rs256`.
///
/// Its identifier, the `kid` of the tokens that it signs, follows from the key: of a public key it is the thumbprint of RFC
/// 7638. Several keys, and new ones without a restart, are [`SigningKeys`].
///
/// Keys come from the environment or a file, never from source. Printing one shows its algorithm alone.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    id: Arc<str>,
    fingerprint: Arc<str>,
    key: Arc<dyn Signs>,
    public: Option<Arc<Jwk>>,
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
        let mut bytes = Zeroizing::new([0; hmac::MIN_BYTES]);
        randomness.fill(bytes.as_mut_slice()).map_err(|error| KeyError(error.to_string()))?;
        Self::from_hmac_bytes(bytes.as_slice()).map_err(|problem| KeyError(format!("the key {problem}")))
    }

    fn write_new(path: &Path) -> io::Result<()> {
        let mut bytes = Zeroizing::new([0; hmac::MIN_BYTES]);
        Randomness::default().fill(bytes.as_mut_slice()).map_err(io::Error::other)?;
        let mut text = Zeroizing::new(String::with_capacity(2 * hmac::MIN_BYTES + 1));
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
            return Self::from_pem(text);
        }
        // A certificate, a JWK or an SSH key: what is public, or half of it, must not become a secret.
        if text.contains("-----BEGIN") || text.starts_with(['{', '[']) || text.starts_with("ssh-") {
            return Err(format!("is a key or a document of another kind, not a secret. {HOW_TO_MAKE_ONE}"));
        }
        Self::from_hmac_bytes(text.as_bytes())
    }

    fn from_pem(pem: &str) -> Result<Self, String> {
        if let Some(parts) = KINDS.iter().filter_map(|kind| kind.code.as_ref()).find_map(|code| (code.from_pem)(pem)) {
            return Ok(Self::of(parts));
        }
        let (mut known, mut left_out) = (Vec::new(), String::new());
        for Kind { name, feature, code, .. } in &KINDS {
            match code {
                Some(code) => known.push(code.how_to_make_one),
                None => left_out.push_str(&format!(" {name} needs the feature `{feature}`.")),
            }
        }
        let make = if known.is_empty() { HOW_TO_MAKE_ONE } else { &format!("Make one with {}", known.join(" or ")) };
        Err(format!("is not a private key that can sign here. {make}.{left_out}"))
    }

    pub(crate) fn from_hmac_bytes(bytes: &[u8]) -> Result<Self, String> {
        hmac::parts(bytes).map(Self::of)
    }

    /// The private key of a JWK, under its own `kid` if it has one.
    pub(crate) fn from_jwk(jwk: &Jwk) -> Result<Self, String> {
        let parts = match Kind::of_jwk(jwk) {
            Some(kind) => (kind.code()?.from_jwk)(jwk),
            None if jwk.kty == "oct" && jwk.crv.is_none() => {
                let bytes = jwk.k.as_ref().and_then(|k| super::jwk::decode(k.expose()));
                Some(hmac::parts(&bytes.ok_or("has no `k` in base64url")?)?)
            }
            None => None,
        };
        let mut key = Self::of(parts.ok_or("is not a private key of a kind that is known here")?);
        if jwk.alg.as_deref().is_some_and(|name| name != key.algorithm.name()) {
            return Err(format!("has another `alg` than {}, which its kind signs with", key.algorithm));
        }
        if let Some(id) = &jwk.kid {
            key.id = Arc::from(id.as_str());
        }
        Ok(key)
    }

    fn of(KeyParts { algorithm, id, key, public }: KeyParts) -> Self {
        let fingerprint = Arc::from(id);
        Self { algorithm, id: Arc::clone(&fingerprint), fingerprint, key, public: public.map(Arc::new) }
    }

    #[cfg(all(test, feature = "eddsa"))]
    pub(crate) fn from_ed25519_seed(seed: &[u8; 32]) -> Self {
        Self::of(ed25519::from_seed(seed))
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its identifier: the `kid` of the tokens that it signs.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, as it is served; `None` for an HMAC secret, which has none.
    pub(crate) fn public(&self) -> Option<Jwk> {
        let public = self.public.as_deref()?;
        Some(Jwk {
            kid: Some(self.id.to_string()),
            alg: Some(self.algorithm.name().to_owned()),
            usage: Some("sig".to_owned()),
            ..public.clone()
        })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        self.key.sign(message)
    }

    #[cfg(test)]
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [redacted])", self.algorithm)
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
        let pem = refusal("-----BEGIN RSA PRIVATE KEY-----");
        for (is_on, algorithm, feature) in [
            (cfg!(feature = "eddsa"), "ed25519", "eddsa"),
            (cfg!(feature = "es256"), "EC", "es256"),
            (cfg!(feature = "rs256"), "RSA", "rs256"),
        ] {
            assert_eq!(pem.contains(&format!("openssl genpkey -algorithm {algorithm}")), is_on, "{pem}");
            assert_eq!(pem.contains(&format!("key needs the feature `{feature}`")), !is_on, "{pem}");
        }
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
        assert!(second.verifies(b"message", &first.sign(b"message").unwrap()));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        fs::remove_file(path).unwrap();
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn reads_an_ed25519_key_as_openssl_writes_it() {
        // RFC 8410 section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let key = SigningKey::from_secret(&Secret::new(pem)).unwrap();
        assert_eq!(key.algorithm(), Algorithm::EdDsa);
        assert!(key.verifies(b"message", &key.sign(b"message").unwrap()));
        assert!(!key.verifies(b"another", &key.sign(b"message").unwrap()));
        assert!(!key.verifies(b"message", b""));
    }

    #[test]
    fn an_algorithm_is_found_by_its_name() {
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
            assert_eq!(Algorithm::of_name(&algorithm.to_string()), Some(algorithm));
        }
        assert_eq!((Algorithm::EdDsa.name(), Algorithm::Hs256.name()), ("EdDSA", "HS256"));
        assert_eq!(Algorithm::of_name("hs256"), None);
    }

    #[test]
    fn a_secret_needs_32_bytes_and_8_that_differ() {
        assert!(SigningKey::from_secret(&Secret::new("abcdefgh".repeat(4))).is_ok());
        assert!(refusal(&"abcdefgh".repeat(4)[1..]).contains("is too short: 31 bytes"));
        assert!(refusal(&"abcdefg".repeat(5)).contains("repeats a few characters"));
    }

    // Cargo sets these two: a text that would do as a key, and an empty one.
    #[test]
    fn a_key_in_a_variable_is_read_and_an_empty_variable_is_none() {
        let key = SigningKey::from_env("CARGO_PKG_DESCRIPTION").unwrap();
        let same = SigningKey::from_secret(&Secret::new(env!("CARGO_PKG_DESCRIPTION"))).unwrap();
        assert_eq!(key.id(), same.id());
        let text = SigningKey::from_env("CARGO_PKG_HOMEPAGE").unwrap_err().to_string();
        assert!(text.starts_with("CARGO_PKG_HOMEPAGE is not set."), "{text}");
        let text = SigningKey::from_env("CARGO_PKG_VERSION").unwrap_err().to_string();
        assert!(text.starts_with("the key in CARGO_PKG_VERSION is too short"), "{text}");
    }

    #[test]
    fn blanks_around_the_key_in_a_file_do_not_count() {
        let path = std::env::temp_dir().join(format!("auth-runtime-{}-blanks.key", std::process::id()));
        fs::write(&path, "\n 0123456789abcdef0123456789abcdef \n").unwrap();
        let key = SigningKey::from_file(&path).unwrap();
        assert_eq!(key.id(), SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap().id());
        fs::write(&path, "short").unwrap();
        let text = SigningKey::from_file(&path).unwrap_err().to_string();
        assert!(text.contains("blanks.key is too short"), "{text}");
        fs::remove_file(&path).unwrap();
        assert!(SigningKey::from_file(&path).unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn a_key_file_that_cannot_be_made_is_named() {
        let path = std::env::temp_dir().join(format!("auth-runtime-{}-missing", std::process::id())).join("a.key");
        let text = SigningKey::from_file_or_generate(&path).unwrap_err().to_string();
        assert!(text.contains("a new key cannot be written to") && text.contains("a.key"), "{text}");
    }

    /// As is what another process makes in the same moment: it is there, and stays.
    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_is_not_replaced() {
        let path = std::env::temp_dir().join(format!("auth-runtime-{}-link.key", std::process::id()));
        std::os::unix::fs::symlink("/nonexistent/key", &path).unwrap();
        let text = SigningKey::from_file_or_generate(&path).unwrap_err().to_string();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        fs::remove_file(&path).unwrap();
        assert!(text.contains("cannot be read"), "{text}");
    }

    #[test]
    fn generated_keys_differ_and_need_randomness() {
        let randomness = Randomness::default();
        let (one, other) = (SigningKey::generate(&randomness).unwrap(), SigningKey::generate(&randomness).unwrap());
        assert_ne!(one.id(), other.id());
        let failing = Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable));
        assert!(SigningKey::generate(&failing).is_err());
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn the_public_half_says_what_the_key_is_for() {
        let key = SigningKey::from_ed25519_seed(&[7; 32]);
        let public = serde_json::to_value(key.public().unwrap()).unwrap();
        let x = public["x"].as_str().unwrap();
        assert_eq!(
            public,
            serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.id(), "alg": "EdDSA", "use": "sig"})
        );
        let verifying = VerifyingKey::of_jwk(&key.public().unwrap()).unwrap();
        assert_eq!((verifying.id(), verifying.algorithm()), (Some(key.id()), Algorithm::EdDsa));
        assert!(verifying.verifies(b"message", &key.sign(b"message").unwrap()));
        assert!(!verifying.verifies(b"another", &key.sign(b"message").unwrap()));
        assert!(!verifying.verifies(b"message", b""));
        assert_eq!(format!("{verifying:?}"), format!("VerifyingKey(EdDSA, Some({:?}))", key.id()));
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn a_public_key_for_something_else_verifies_nothing() {
        let public = SigningKey::from_ed25519_seed(&[7; 32]).public().unwrap();
        assert!(VerifyingKey::of_jwk(&Jwk { usage: None, alg: None, ..public.clone() }).is_some());
        assert!(VerifyingKey::of_jwk(&Jwk { usage: Some("enc".to_owned()), ..public.clone() }).is_none());
        assert!(VerifyingKey::of_jwk(&Jwk { alg: Some("ES256".to_owned()), ..public.clone() }).is_none());
        assert!(VerifyingKey::of_jwk(&Jwk { crv: Some("X25519".to_owned()), ..public.clone() }).is_none());
        // The neutral element: it verifies signatures of anybody.
        let mut weak = [0; 32];
        weak[0] = 1;
        assert!(VerifyingKey::of_jwk(&Jwk { x: Some(super::super::jwk::encode(weak)), ..public }).is_none());
    }

    #[cfg(not(feature = "eddsa"))]
    #[test]
    fn a_key_whose_feature_is_off_names_it() {
        let jwk = Jwk { kty: "OKP".to_owned(), crv: Some("Ed25519".to_owned()), ..Jwk::default() };
        assert_eq!(SigningKey::from_jwk(&jwk).unwrap_err(), "needs the feature `eddsa` of auth-runtime");
    }

    #[cfg(feature = "eddsa")]
    #[test]
    fn an_ed25519_key_with_another_s_public_half_is_refused() {
        let encode = super::super::jwk::encode;
        let public = SigningKey::from_ed25519_seed(&[7; 32]).public().unwrap();
        let with = |seed: [u8; 32]| Jwk { d: Some(Secret::new(encode(seed))), ..public.clone() };
        let key = SigningKey::from_jwk(&with([7; 32])).unwrap();
        assert!(key.verifies(b"message", &key.sign(b"message").unwrap()));
        assert!(SigningKey::from_jwk(&with([8; 32])).is_err());
        assert!(SigningKey::from_jwk(&public).is_err(), "it has no private half");
    }

    #[test]
    fn a_secret_is_of_the_kind_oct_and_of_no_curve() {
        let jwk = |kty: &str, crv: Option<&str>| Jwk {
            kty: kty.to_owned(),
            crv: crv.map(str::to_owned),
            k: Some(Secret::new("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")),
            ..Jwk::default()
        };
        assert!(SigningKey::from_jwk(&jwk("oct", None)).is_ok());
        for (kty, crv) in [("oct", Some("P-256")), ("EC", Some("secp256k1")), ("AKP", None)] {
            assert!(SigningKey::from_jwk(&jwk(kty, crv)).is_err(), "{kty} {crv:?}");
        }
    }

    #[test]
    fn what_cannot_be_signed_says_so() {
        assert!(!CannotSign.to_string().is_empty());
    }
}
