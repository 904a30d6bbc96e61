//! RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).

use rsa::{
    BoxedUint, PrivateKey, PublicKey,
    pkcs1::DecodeRsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    pkcs8::DecodePrivateKey,
    signature::{SignatureEncoding, Signer, Verifier},
    traits::PublicKeyParts,
};
use sha2::Sha256;

use super::{Algorithm, CannotSign, Code, KeyParts, Signs, Verifies};
use crate::token::jwk::{Jwk, decode, encode};

/// RFC 7518 section 3.3.
const MIN_BITS: usize = 2048;
/// A larger key is a way to keep the server busy.
const MAX_BITS: usize = 8192;

struct RsaKey {
    signing: SigningKey<Sha256>,
    verifying: VerifyingKey<Sha256>,
}

pub(super) const CODE: Code = Code {
    from_pem,
    from_jwk,
    from_random: |_| None,
    #[cfg(any(feature = "oidc", test))]
    public: |jwk| Some(std::sync::Arc::new(public(jwk)?)),
    how_to_make_one: "`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`",
};

fn from_pem(pem: &str) -> Option<KeyParts> {
    parts(PrivateKey::from_pkcs8_pem(pem).ok().or_else(|| PrivateKey::from_pkcs1_pem(pem).ok())?)
}

/// The private key of a JWK (RFC 7518 section 6.3.2); the primes have to be there.
fn from_jwk(jwk: &Jwk) -> Option<KeyParts> {
    let secret = |part: &Option<crate::secret::Secret>| number(part.as_ref()?.expose());
    let (n, e) = (number(jwk.n.as_deref()?)?, number(jwk.e.as_deref()?)?);
    let key = PrivateKey::from_components(n, e, secret(&jwk.d)?, vec![secret(&jwk.p)?, secret(&jwk.q)?]).ok()?;
    key.validate().ok()?;
    parts(key)
}

fn parts(key: PrivateKey) -> Option<KeyParts> {
    let public = key.to_public_key();
    if !fits(&public) {
        return None;
    }
    let jwk = Jwk::rsa(encode(public.n_bytes()), encode(public.e_bytes()));
    let key = RsaKey { signing: SigningKey::new(key), verifying: VerifyingKey::new(public) };
    Some(KeyParts::new(Algorithm::Rs256, jwk.thumbprint(), key, Some(jwk)))
}

fn fits(key: &PublicKey) -> bool {
    (MIN_BITS..=MAX_BITS).contains(&(key.n().bit_width_vartime() as usize))
}

#[cfg(any(feature = "oidc", test))]
fn public(jwk: &Jwk) -> Option<VerifyingKey<Sha256>> {
    let key = PublicKey::new(number(jwk.n.as_deref()?)?, number(jwk.e.as_deref()?)?).ok()?;
    fits(&key).then(|| VerifyingKey::new(key))
}

fn number(text: &str) -> Option<BoxedUint> {
    let bytes = decode(text)?;
    let bytes = bytes.get(bytes.iter().position(|byte| *byte != 0)?..)?;
    if bytes.len() > MAX_BITS / 8 {
        return None;
    }
    Some(BoxedUint::from_be_slice_vartime(bytes))
}

impl Verifies for VerifyingKey<Sha256> {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature).is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}

impl Verifies for RsaKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Verifies::verifies(&self.verifying, message, signature)
    }
}

impl Signs for RsaKey {
    // Blinded, with randomness of the operating system.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        self.signing.try_sign(message).map(|signature| signature.to_vec()).map_err(|_| CannotSign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_without_its_zeros_and_up_to_8192_bits() {
        assert_eq!(number("AAAAAQAB"), number("AQAB"));
        assert_eq!(number("AQAB").unwrap().bit_width_vartime(), 17);
        assert!(number("").is_none() && number("AAAA").is_none() && number("=").is_none());
        assert!(number(&encode([255; 1023])).is_some() && number(&encode([255; 1024])).is_some());
        assert!(number(&encode([255; 1025])).is_none());
        assert!(number(&encode([[0; 1024], [255; 1024]].concat())).is_some());
    }

    #[test]
    fn a_key_of_less_than_2048_bits_is_refused() {
        let of_bytes = |bytes: usize| public(&Jwk::rsa(encode(vec![255; bytes]), "AQAB".to_owned()));
        assert!(of_bytes(128).is_none() && of_bytes(255).is_none());
        assert!(of_bytes(256).is_some());
    }
}
