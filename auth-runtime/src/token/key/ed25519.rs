//! EdDSA with Ed25519 (RFC 8037).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey, pkcs8::DecodePrivateKey};

use super::{Algorithm, CannotSign, Code, KeyParts, Signs, Verifies};
use crate::token::jwk::{Jwk, decode, encode};

pub(super) const CODE: Code = Code {
    from_pem,
    from_jwk,
    from_random: |bytes| Some(from_seed(bytes)),
    #[cfg(any(feature = "oidc", test))]
    public: |jwk| Some(std::sync::Arc::new(public(jwk)?)),
    how_to_make_one: "`openssl genpkey -algorithm ed25519`",
};

fn from_pem(pem: &str) -> Option<KeyParts> {
    SigningKey::from_pkcs8_pem(pem).ok().map(parts)
}

pub(super) fn from_seed(seed: &[u8; 32]) -> KeyParts {
    parts(SigningKey::from_bytes(seed))
}

/// The private key of a JWK, whose public half must be its own (RFC 8037 section 2).
fn from_jwk(jwk: &Jwk) -> Option<KeyParts> {
    let seed = decode(jwk.d.as_ref()?.expose())?;
    let key = SigningKey::from_bytes(seed.as_slice().try_into().ok()?);
    let public = decode(jwk.x.as_deref()?)?;
    (key.verifying_key().as_bytes() == public.as_slice()).then(|| parts(key))
}

fn parts(key: SigningKey) -> KeyParts {
    let public = Jwk::okp(encode(key.verifying_key().as_bytes()));
    KeyParts::new(Algorithm::EdDsa, public.thumbprint(), key, Some(public))
}

#[cfg(any(feature = "oidc", test))]
fn public(jwk: &Jwk) -> Option<VerifyingKey> {
    let bytes = decode(jwk.x.as_deref()?)?;
    let key = VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
    // A key of small order verifies signatures of anybody.
    (!key.is_weak()).then_some(key)
}

impl Verifies for VerifyingKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.verify_strict(message, &signature).is_ok())
    }
}

impl Verifies for SigningKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Verifies::verifies(&self.verifying_key(), message, signature)
    }
}

impl Signs for SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        self.try_sign(message).map(|signature| signature.to_vec()).map_err(|_| CannotSign)
    }
}
