//! ES256: ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).

use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer, signature::Verifier},
    pkcs8::DecodePrivateKey,
};

use super::{Algorithm, CannotSign, Code, KeyParts, Signs, Verifies};
use crate::token::jwk::{Jwk, decode, encode};

const COORDINATE_BYTES: usize = 32;

pub(super) const CODE: Code = Code {
    from_pem,
    from_jwk,
    from_random: from_scalar,
    #[cfg(any(feature = "oidc", test))]
    public: |jwk| Some(std::sync::Arc::new(public(jwk)?)),
    how_to_make_one: "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`",
};

fn from_pem(pem: &str) -> Option<KeyParts> {
    let key = SecretKey::from_pkcs8_pem(pem).ok().or_else(|| SecretKey::from_sec1_pem(pem).ok())?;
    parts(key.into())
}

/// The private key of a JWK, whose public half must be its own (RFC 7518 section 6.2.2).
fn from_jwk(jwk: &Jwk) -> Option<KeyParts> {
    let scalar = decode(jwk.d.as_ref()?.expose())?;
    let key = SigningKey::from_slice(&scalar).ok()?;
    (*key.verifying_key() == public(jwk)?).then(|| parts(key))?
}

/// The private key of these bytes; `None` for the few that are none.
pub(super) fn from_scalar(bytes: &[u8; COORDINATE_BYTES]) -> Option<KeyParts> {
    parts(SigningKey::from_slice(bytes).ok()?)
}

fn parts(key: SigningKey) -> Option<KeyParts> {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (point.x()?, point.y()?);
    let public = Jwk::ec(encode(x), encode(y));
    Some(KeyParts::new(Algorithm::Es256, public.thumbprint(), key, Some(public)))
}

/// Refuses a point that is not on the curve.
fn public(jwk: &Jwk) -> Option<VerifyingKey> {
    let (x, y) = (decode(jwk.x.as_deref()?)?, decode(jwk.y.as_deref()?)?);
    if x.len() != COORDINATE_BYTES || y.len() != COORDINATE_BYTES {
        return None;
    }
    VerifyingKey::from_sec1_bytes(&[&[4], x.as_slice(), y.as_slice()].concat()).ok()
}

impl Verifies for VerifyingKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}

impl Verifies for SigningKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Verifies::verifies(self.verifying_key(), message, signature)
    }
}

impl Signs for SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        let signature: Signature = self.try_sign(message).map_err(|_| CannotSign)?;
        Ok(signature.to_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use p256::pkcs8::{EncodePrivateKey, LineEnding};

    use super::*;
    use crate::secret::Secret;

    #[test]
    fn reads_a_key_in_both_of_openssls_forms() {
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        let named = from_scalar(&[7; 32]).unwrap().id;
        let pkcs8 = key.to_pkcs8_pem(LineEnding::LF).unwrap();
        let sec1 = key.to_sec1_pem(LineEnding::LF).unwrap();
        assert!(pkcs8.starts_with("-----BEGIN PRIVATE KEY-----") && sec1.starts_with("-----BEGIN EC PRIVATE KEY-----"));
        for pem in [pkcs8, sec1] {
            let read = super::super::SigningKey::from_secret(&Secret::new(pem.as_str())).unwrap();
            assert_eq!((read.id(), read.algorithm()), (named.as_str(), Algorithm::Es256));
            assert!(read.verifies(b"message", &read.sign(b"message").unwrap()));
            assert!(!read.verifies(b"another", &read.sign(b"message").unwrap()));
        }
        assert!(from_scalar(&[0; 32]).is_none() && from_scalar(&[255; 32]).is_none(), "no scalars");
    }

    #[test]
    fn a_point_has_two_coordinates_of_32_bytes_and_is_on_the_curve() {
        let good = from_scalar(&[7; 32]).unwrap().public.unwrap();
        assert!(public(&good).is_some());
        let half = |text: &Option<String>| decode(text.as_deref().unwrap()).unwrap();
        let bytes = [half(&good.x).as_slice(), half(&good.y).as_slice()].concat();
        // The same bytes, taken apart elsewhere.
        for at in [0, 31, 33, 64] {
            let (x, y) = bytes.split_at(at);
            assert!(public(&Jwk::ec(encode(x), encode(y))).is_none(), "{at}");
        }
        assert!(public(&Jwk::ec(encode([7; 32]), encode([7; 32]))).is_none());
    }

    #[test]
    fn a_key_with_another_s_public_half_is_refused() {
        let own = from_scalar(&[7; 32]).unwrap().public.unwrap();
        let with = |scalar: [u8; 32]| Jwk { d: Some(Secret::new(encode(scalar))), ..own.clone() };
        assert!(from_jwk(&with([7; 32])).is_some());
        assert!(from_jwk(&with([8; 32])).is_none() && from_jwk(&own).is_none());
    }
}
