//! Access tokens with `jsonwebtoken`: key, header and validation are made once and kept.
//!
//! Signature, algorithm, type, issuer, audience and expiry are checked. Of the claims, those are read that are used: `decode`
//! wants a type that owns its texts, so that they are copied out of the token.

use std::{fs, path::Path};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation,
    crypto::{aws_lc, rust_crypto},
    decode, encode, get_current_timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{Error, people::ISSUER};

const TYPE: &str = "at+jwt";
/// Longer than all of it is measured.
const LIFETIME_SECONDS: u64 = 24 * 60 * 60;

/// Signs and verifies.
pub struct Tokens {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// What is read of a token.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: String,
    /// The scopes, between blanks.
    #[serde(default)]
    pub scope: String,
}

impl Claims {
    /// Whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|one| one == scope)
    }
}

/// A token that is malformed, forged, expired or somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadToken;

/// RFC 9068 section 2.2.
#[derive(Serialize)]
struct NewClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    iat: u64,
    exp: u64,
    jti: &'a str,
    scope: &'a str,
}

impl Tokens {
    /// With the key in this file.
    ///
    /// # Errors
    /// If it cannot be read, or is no key.
    pub fn from_key_file(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = text.trim();
        let (algorithm, signing, verifying) = if text.starts_with("-----BEGIN") {
            let public = fs::read(path.with_added_extension("pub"))?;
            of_pem(text.as_bytes(), &public)
                .ok_or_else(|| format!("{} is no private key of Ed25519, P-256 or RSA", path.display()))?
        } else {
            let secret = text.as_bytes();
            (Algorithm::HS256, EncodingKey::from_secret(secret), DecodingKey::from_secret(secret))
        };
        // For the whole process, and for the first key of it: the faster one for its algorithm, as measured.
        let provider = match algorithm {
            Algorithm::HS256 => &rust_crypto::DEFAULT_PROVIDER,
            _ => &aws_lc::DEFAULT_PROVIDER,
        };
        let _ = provider.install_default();
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let mut header = Header::new(algorithm);
        header.typ = Some(TYPE.to_owned());
        Ok(Self { header, signing, verifying, validation })
    }

    /// A token of this user with these scopes.
    ///
    /// # Errors
    /// If the key does not sign.
    pub fn issue(&self, username: &str, scope: &str) -> Result<String, Error> {
        let now = get_current_timestamp();
        self.issue_at(username, scope, now)
    }

    /// One that has expired.
    ///
    /// # Errors
    /// If the key does not sign.
    pub fn issue_expired(&self, username: &str, scope: &str) -> Result<String, Error> {
        self.issue_at(username, scope, get_current_timestamp() - 2 * LIFETIME_SECONDS)
    }

    fn issue_at(&self, username: &str, scope: &str, now: u64) -> Result<String, Error> {
        let claims = NewClaims {
            iss: ISSUER,
            sub: username,
            aud: ISSUER,
            client_id: "urn:bench:first-party",
            iat: now,
            exp: now + LIFETIME_SECONDS,
            // As long as 128 bits; nothing here looks at it.
            jti: "AAAAAAAAAAAAAAAAAAAAAA",
            scope,
        };
        Ok(encode(&self.header, &claims, &self.signing)?)
    }

    /// What a genuine token says.
    ///
    /// # Errors
    /// If it is none.
    pub fn verify(&self, token: &str) -> Result<Claims, BadToken> {
        let TokenData { header, claims } =
            decode::<Claims>(token, &self.verifying, &self.validation).map_err(|_| BadToken)?;
        if header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) { Ok(claims) } else { Err(BadToken) }
    }

    /// What the token in an `Authorization` header says.
    ///
    /// # Errors
    /// If the scheme is another, or the token is none.
    pub fn verify_header(&self, header: &[u8]) -> Result<Claims, BadToken> {
        let header = std::str::from_utf8(header).map_err(|_| BadToken)?;
        let (scheme, token) = header.split_once(' ').ok_or(BadToken)?;
        if scheme.eq_ignore_ascii_case("bearer") { self.verify(token) } else { Err(BadToken) }
    }
}

/// The kinds of keys, tried in turn.
fn of_pem(private: &[u8], public: &[u8]) -> Option<(Algorithm, EncodingKey, DecodingKey)> {
    let eddsa =
        || Some((Algorithm::EdDSA, EncodingKey::from_ed_pem(private).ok()?, DecodingKey::from_ed_pem(public).ok()?));
    let es256 =
        || Some((Algorithm::ES256, EncodingKey::from_ec_pem(private).ok()?, DecodingKey::from_ec_pem(public).ok()?));
    let rs256 =
        || Some((Algorithm::RS256, EncodingKey::from_rsa_pem(private).ok()?, DecodingKey::from_rsa_pem(public).ok()?));
    eddsa().or_else(es256).or_else(rs256)
}
