//! JSON Web Signature, compact serialization (RFC 7515): one algorithm for each key, and nothing in a header is followed.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{
    TokenFault,
    key::{CannotSign, KeySet, SigningKey},
};

/// RFC 9068 section 2.1.
pub(super) const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// Longer tokens are refused unread.
const MAX_BYTES: usize = 8 * 1024;

#[derive(Serialize)]
struct NewHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// Of a header, what is decided on. `jku`, `jwk`, `x5u` and `x5c`, which would say where a key is to be had, are never looked
/// at: the keys are those that are configured, and `kid` chooses among them.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    typ: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    crit: Option<IgnoredAny>,
}

/// Signs `payload` as an access token.
pub(super) fn sign(key: &SigningKey, payload: &[u8]) -> Result<String, CannotSign> {
    let header = NewHeader { alg: key.algorithm().name(), typ: ACCESS_TOKEN_TYPE, kid: key.id() };
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).map_err(|_| CannotSign)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// A token that has the form of one, and whose signature nobody has looked at.
pub(super) struct Unverified<'a> {
    header: Vec<u8>,
    payload: &'a str,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenFault> {
        if token.len() > MAX_BYTES {
            return Err(TokenFault::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
        if payload.contains('.') {
            return Err(TokenFault::Malformed);
        }
        Ok(Self { header: decode_object(header)?, payload, signed, signature: decode(signature)? })
    }

    /// The payload, if one of these keys signed it as a token of one of these types, and when that key ends.
    pub(super) fn verify(&self, keys: &KeySet, types: &[&str], now: u64) -> Result<(Vec<u8>, u64), TokenFault> {
        let header: Header<'_> = serde_json::from_slice(&self.header).map_err(|_| TokenFault::Malformed)?;
        if header.crit.is_some() {
            return Err(TokenFault::UnsupportedCritical);
        }
        if !header.typ.is_some_and(|typ| types.iter().any(|wanted| is_type(&typ, wanted))) {
            return Err(TokenFault::WrongType);
        }
        let held = keys.verifying(header.kid.as_deref(), now).ok_or(TokenFault::UnknownKey)?;
        let key = &held.verifying;
        // The key decides the algorithm; the header has only to agree.
        if header.alg != key.algorithm().name() {
            return Err(TokenFault::WrongAlgorithm);
        }
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(TokenFault::BadSignature);
        }
        Ok((decode_object(self.payload)?, held.expires_at))
    }
}

/// `typ` is a media type, with `application/` left out or not, and compared without case (RFC 7515 section 4.1.9).
fn is_type(typ: &str, wanted: &str) -> bool {
    let subtype = match typ.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    };
    subtype.eq_ignore_ascii_case(wanted)
}

/// The text of a JSON object. Asked for here, since serde would take an array of the same values for one, and what is not
/// UTF-8 within a member that nobody reads.
fn decode_object(part: &str) -> Result<Vec<u8>, TokenFault> {
    let text = decode(part)?;
    if text.starts_with(b"{") && std::str::from_utf8(&text).is_ok() { Ok(text) } else { Err(TokenFault::Malformed) }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secret::Secret, token::key::SigningKeys};

    fn key() -> SigningKey {
        SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
    }

    fn verify(key: &SigningKey, token: &str) -> Result<Vec<u8>, TokenFault> {
        let keys = SigningKeys::new(key.clone()).cached().snapshot();
        Unverified::parse(token)?.verify(&keys, &[ACCESS_TOKEN_TYPE], 0).map(|(payload, _)| payload)
    }

    fn forge(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(key().sign(signed.as_bytes()).unwrap());
        format!("{signed}.{signature}")
    }

    #[test]
    fn what_was_signed_verifies() {
        let token = sign(&key(), b"{}").unwrap();
        assert_eq!(verify(&key(), &token), Ok(b"{}".to_vec()));
        assert_eq!(verify(&key(), &forge(r#"{"typ":"application/AT+JWT","alg":"HS256"}"#, "{}")), Ok(b"{}".to_vec()));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let token = sign(&key(), br#"{"sub":"johndoe"}"#).unwrap();
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            assert!(verify(&key(), &String::from_utf8(bytes).unwrap()).is_err(), "byte {index}");
        }
    }

    #[test]
    fn headers_that_ask_for_more_are_refused() {
        for (header, fault) in [
            (r#"{"alg":"none","typ":"at+jwt"}"#, TokenFault::WrongAlgorithm),
            (r#"{"alg":"EdDSA","typ":"at+jwt"}"#, TokenFault::WrongAlgorithm),
            (r#"{"alg":"hs256","typ":"at+jwt"}"#, TokenFault::WrongAlgorithm),
            (r#"{"alg":"HS256"}"#, TokenFault::WrongType),
            (r#"{"alg":"HS256","typ":"JWT"}"#, TokenFault::WrongType),
            (r#"{"alg":"HS256","typ":"at+jwt","kid":"another"}"#, TokenFault::UnknownKey),
            (r#"{"alg":"HS256","typ":"at+jwt","kid":7}"#, TokenFault::Malformed),
            (r#"{"alg":"HS256","typ":"at+jwt","crit":["b64"],"b64":false}"#, TokenFault::UnsupportedCritical),
            (r#"{"alg":"HS256","alg":"HS256","typ":"at+jwt"}"#, TokenFault::Malformed),
            (r#"{"typ":"at+jwt"}"#, TokenFault::Malformed),
            (r#"["HS256","at+jwt",null]"#, TokenFault::Malformed),
            ("", TokenFault::Malformed),
        ] {
            assert_eq!(verify(&key(), &forge(header, "{}")), Err(fault), "{header}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_malformed_even_where_nobody_reads_it() {
        let header = r#"{"alg":"HS256","typ":"at+jwt"}"#;
        assert_eq!(verify(&key(), &forge(header, b"{\"x\":\"\x96\"}")), Err(TokenFault::Malformed));
        let header = b"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"x\":\"\x96\"}";
        assert_eq!(verify(&key(), &forge(header, "{}")), Err(TokenFault::Malformed));
    }

    #[test]
    fn keys_in_a_header_are_not_used() {
        let foreign = SigningKey::from_secret(&Secret::new("another-key-another-key-another!")).unwrap();
        let header =
            r#"{"alg":"HS256","typ":"at+jwt","jwk":{"kty":"oct","k":"YW5vdGhlci1rZXktYW5vdGhlci1rZXktYW5vdGhlciE"}}"#;
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(foreign.sign(signed.as_bytes()).unwrap()));
        assert_eq!(verify(&key(), &token), Err(TokenFault::BadSignature));
    }

    #[test]
    fn what_is_no_compact_jws_is_malformed() {
        let token = sign(&key(), b"{}").unwrap();
        for bad in
            ["", ".", "..", "...", "a.b", "a.b.c", &format!("{token}."), &format!("{token}="), &format!(" {token}")]
        {
            assert_eq!(verify(&key(), bad), Err(TokenFault::Malformed), "{bad}");
        }
        assert_eq!(verify(&key(), &".".repeat(1_000_000)), Err(TokenFault::Malformed));
    }

    #[test]
    fn tokens_of_more_than_8_kib_are_refused_unread() {
        for (bytes, expected) in [(8191, true), (8192, true), (8193, false)] {
            let token = format!("e30.{}.AA", "A".repeat(bytes - 7));
            assert_eq!((token.len(), Unverified::parse(&token).is_ok()), (bytes, expected));
        }
    }

    #[test]
    fn a_type_of_another_kind_of_media_is_another_type() {
        for typ in ["attachment--at+jwt", "application-at+jwt", "application/application/at+jwt", "at+jwt/"] {
            let header = format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#);
            assert_eq!(verify(&key(), &forge(&header, "{}")), Err(TokenFault::WrongType), "{typ}");
        }
    }

    #[test]
    fn a_signature_cut_short_is_refused() {
        let token = sign(&key(), b"{}").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        for length in [0, 2, 4, 8, 16, 32, 40] {
            assert!(verify(&key(), &format!("{signed}.{}", &signature[..length])).is_err());
        }
    }

    /// RFC 8037 appendix A.4: the key, the signing input and the signature.
    #[cfg(feature = "eddsa")]
    #[test]
    fn signs_as_rfc_8037_does() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_ed25519_seed(seed.as_slice().try_into().unwrap());
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_eq!(
            URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap()),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    /// RFC 7515 appendix A.1: the key is given as base64url bytes, which a key of ours, being text, cannot hold; the MAC
    /// itself is compared.
    #[test]
    fn authenticates_as_rfc_7515_does() {
        let secret = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let key = SigningKey::from_hmac_bytes(&secret).unwrap();
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        assert_eq!(
            URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap()),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }
}
