//! The half of a key that verifies.

use std::{fmt, sync::Arc};

#[cfg(any(feature = "oidc", test))]
use super::Kind;
use super::{Algorithm, SigningKey, Verifies};
use crate::token::jwk::Jwk;

/// The public half of a key: of another issuer, or of one that signs no more.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    algorithm: Algorithm,
    id: Option<Arc<str>>,
    /// What it is known by, whatever it is called: of a public key, its thumbprint.
    fingerprint: Arc<str>,
    key: Arc<dyn Verifies>,
}

impl VerifyingKey {
    /// `None` for a key of a kind that is not known here, or that is not for signatures.
    #[cfg(any(feature = "oidc", test))]
    pub(crate) fn of_jwk(jwk: &Jwk) -> Option<Self> {
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let Kind { algorithm, code, .. } = Kind::of_jwk(jwk)?;
        if jwk.alg.as_deref().is_some_and(|name| name != algorithm.name()) {
            return None;
        }
        let key = fastest(*algorithm, Some(jwk), (code.as_ref()?.public)(jwk)?);
        let id = jwk.kid.as_deref().map(Arc::from);
        Some(Self { algorithm: *algorithm, id, fingerprint: jwk.thumbprint().into(), key })
    }

    /// Whether they are the same key under the same name.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.algorithm, &self.id, &self.fingerprint) == (other.algorithm, &other.id, &other.fingerprint)
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }
}

impl SigningKey {
    /// The half that verifies.
    pub(crate) fn verifying(&self) -> VerifyingKey {
        VerifyingKey {
            algorithm: self.algorithm,
            id: Some(Arc::clone(&self.id)),
            fingerprint: Arc::clone(&self.fingerprint),
            key: fastest(self.algorithm, self.public.as_deref(), Arc::clone(&self.key) as _),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {:?})", self.algorithm, self.id)
    }
}

/// What verifies the signatures of a key: the backend that is chosen by a feature, where it can, and else the key itself.
#[cfg(feature = "ring")]
fn fastest(algorithm: Algorithm, public: Option<&Jwk>, key: Arc<dyn Verifies>) -> Arc<dyn Verifies> {
    public.and_then(|public| super::ring::verifying(algorithm, public)).unwrap_or(key)
}

/// What verifies the signatures of a key: the key itself.
#[cfg(not(feature = "ring"))]
fn fastest(_: Algorithm, _: Option<&Jwk>, key: Arc<dyn Verifies>) -> Arc<dyn Verifies> {
    key
}
