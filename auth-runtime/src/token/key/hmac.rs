//! HS256 (RFC 7518 section 3.2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Algorithm, CannotSign, KeyParts, Signs, Verifies};

/// RFC 7518 section 3.2: a key of the same size as the hash output, or larger.
pub(super) const MIN_BYTES: usize = 32;
/// 32 random bytes, even as hexadecimal, have more different ones than this but once in a billion keys.
const MIN_DIFFERENT_BYTES: usize = 8;
/// What is authenticated to name a key: no token begins like this, and the name gives nothing of the key away.
const NAME: &[u8] = b"kid";
const NAME_BYTES: usize = 12;

// Prepared once: the two hash states that every MAC under this key begins with.
struct HmacKey(Hmac<Sha256>);

pub(super) fn parts(bytes: &[u8]) -> Result<KeyParts, String> {
    if bytes.len() < MIN_BYTES {
        return Err(format!(
            "is too short: {} bytes, where HS256 needs {MIN_BYTES} or more. {}",
            bytes.len(),
            super::HOW_TO_MAKE_ONE
        ));
    }
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(seen) = seen.get_mut(usize::from(byte)) {
            *seen = true;
        }
    }
    if seen.iter().filter(|&&seen| seen).count() < MIN_DIFFERENT_BYTES {
        return Err(format!("repeats a few characters and can be guessed. {}", super::HOW_TO_MAKE_ONE));
    }
    let mac = Hmac::<Sha256>::new_from_slice(bytes).map_err(|_| "has an impossible length".to_owned())?;
    let name = mac.clone().chain_update(NAME).finalize().into_bytes();
    let name = URL_SAFE_NO_PAD.encode(name.get(..NAME_BYTES).unwrap_or_default());
    Ok(KeyParts::new(Algorithm::Hs256, name, HmacKey(mac), None))
}

impl Verifies for HmacKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}

impl Signs for HmacKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}
