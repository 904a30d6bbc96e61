//! JSON Web Keys (RFC 7517).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use crate::secret::Secret;

/// One key, public or private. Members that mean nothing here are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Jwk {
    pub(crate) kty: String,
    #[serde(rename = "use")]
    pub(crate) usage: Option<String>,
    pub(crate) alg: Option<String>,
    pub(crate) kid: Option<String>,
    pub(crate) crv: Option<String>,
    pub(crate) x: Option<String>,
    pub(crate) y: Option<String>,
    pub(crate) n: Option<String>,
    pub(crate) e: Option<String>,
    /// When it begins to sign, in seconds since 1970 (OpenID Federation 1.0 section 8.7.2).
    pub(crate) nbf: Option<u64>,
    /// When nothing that it signed is accepted any more.
    pub(crate) exp: Option<u64>,
    #[cfg(any(feature = "eddsa", feature = "es256", feature = "rs256"))]
    pub(crate) d: Option<Secret>,
    #[cfg(feature = "rs256")]
    pub(crate) p: Option<Secret>,
    #[cfg(feature = "rs256")]
    pub(crate) q: Option<Secret>,
    pub(crate) k: Option<Secret>,
}

/// A set of keys (RFC 7517 section 5).
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct JwkSet {
    pub(crate) keys: Vec<Jwk>,
}

/// The public half: what is served.
#[derive(Serialize)]
pub(crate) struct PublicSet<'a> {
    pub(crate) keys: &'a [Jwk],
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    URL_SAFE_NO_PAD.decode(text).ok().map(zeroize::Zeroizing::new)
}

impl Jwk {
    /// An Ed25519 key (RFC 8037 section 2).
    #[cfg(any(feature = "eddsa", test))]
    pub(crate) fn okp(x: String) -> Self {
        Self { kty: "OKP".to_owned(), crv: Some("Ed25519".to_owned()), x: Some(x), ..Self::default() }
    }

    /// A P-256 key (RFC 7518 section 6.2).
    #[cfg(feature = "es256")]
    pub(crate) fn ec(x: String, y: String) -> Self {
        Self { kty: "EC".to_owned(), crv: Some("P-256".to_owned()), x: Some(x), y: Some(y), ..Self::default() }
    }

    /// An RSA key (RFC 7518 section 6.3).
    #[cfg(feature = "rs256")]
    pub(crate) fn rsa(n: String, e: String) -> Self {
        Self { kty: "RSA".to_owned(), n: Some(n), e: Some(e), ..Self::default() }
    }

    /// What names a key by its content (RFC 7638).
    #[cfg(any(feature = "eddsa", feature = "es256", feature = "rs256", test))]
    pub(crate) fn thumbprint(&self) -> String {
        use sha2::{Digest, Sha256};

        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        // The required members in the order of their names. Their values need no escaping.
        let text = match self.kty.as_str() {
            "EC" => {
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, part(&self.crv), part(&self.x), part(&self.y))
            }
            "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, part(&self.e), part(&self.n)),
            kty => format!(r#"{{"crv":"{}","kty":"{kty}","x":"{}"}}"#, part(&self.crv), part(&self.x)),
        };
        encode(Sha256::digest(text))
    }
}

/// The public half alone: what is private cannot be serialized, since [`Secret`] cannot.
impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = [
            ("kty", Some(&self.kty)),
            ("use", self.usage.as_ref()),
            ("alg", self.alg.as_ref()),
            ("kid", self.kid.as_ref()),
            ("crv", self.crv.as_ref()),
            ("x", self.x.as_ref()),
            ("y", self.y.as_ref()),
            ("n", self.n.as_ref()),
            ("e", self.e.as_ref()),
        ];
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in members {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.3.
    #[test]
    fn names_an_ed25519_key_as_rfc_8037_does() {
        let key = Jwk::okp("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned());
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_private_is_not_written() {
        let text = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","k":"a","p":"a","q":"a","dp":"a","dq":"a","qi":"a"}"#;
        let key: Jwk = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_string(&key).unwrap(),
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        );
        assert!(!format!("{key:?}").contains("nWGxne"));
    }
}
