//! Signatures verified by ring, whose assembler is faster than portable Rust. Keys are read and judged as without it, and
//! everything else stays as it is: what signs, and the secrets of HS256, for which there is nothing to gain.

use std::sync::Arc;

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::{Algorithm, Verifies};
use crate::token::jwk::{Jwk, decode};

struct Curve(UnparsedPublicKey<Vec<u8>>);

struct Rsa(RsaPublicKeyComponents<Vec<u8>>);

/// What verifies the signatures of this key; `None` for one that has no public half.
pub(super) fn verifying(algorithm: Algorithm, public: &Jwk) -> Option<Arc<dyn Verifies>> {
    let part = |part: &Option<String>| decode(part.as_deref()?).map(|bytes| bytes.to_vec());
    Some(match algorithm {
        Algorithm::Hs256 => return None,
        Algorithm::EdDsa => Arc::new(Curve(UnparsedPublicKey::new(&ED25519, part(&public.x)?))),
        Algorithm::Es256 => {
            let point = [&[4], part(&public.x)?.as_slice(), part(&public.y)?.as_slice()].concat();
            Arc::new(Curve(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)))
        }
        Algorithm::Rs256 => {
            let number = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            Arc::new(Rsa(RsaPublicKeyComponents { n: number(part(&public.n)?), e: number(part(&public.e)?) }))
        }
    })
}

impl Verifies for Curve {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(message, signature).is_ok()
    }
}

impl Verifies for Rsa {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

#[cfg(all(feature = "eddsa", feature = "es256"))]
#[cfg(test)]
mod tests {
    use super::{
        super::{KeyParts, ed25519, es256},
        *,
    };

    fn agrees(parts: &KeyParts) {
        let ring = verifying(parts.algorithm, parts.public.as_ref().unwrap()).unwrap();
        let good = parts.key.sign(b"message").unwrap();
        assert!(ring.verifies(b"message", &good) && !ring.verifies(b"another", &good));
        for length in [0, good.len() - 1] {
            assert!(!ring.verifies(b"message", &good[..length]));
        }
        assert!(!ring.verifies(b"message", &[good.as_slice(), &[0]].concat()));
        for index in 0..good.len() {
            let mut changed = good.clone();
            changed[index] ^= 1;
            assert!(!ring.verifies(b"message", &changed), "{} byte {index}", parts.algorithm);
        }
        for filled in [0, 255] {
            assert!(!ring.verifies(b"message", &vec![filled; good.len()]));
        }
    }

    #[test]
    fn it_accepts_what_the_portable_backend_signs_and_nothing_near_it() {
        agrees(&ed25519::from_seed(&[7; 32]));
        agrees(&es256::from_scalar(&[7; 32]).unwrap());
    }

    #[test]
    fn a_secret_has_no_public_half() {
        assert!(verifying(Algorithm::Hs256, &Jwk::default()).is_none());
    }
}
