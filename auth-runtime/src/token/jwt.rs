//! Access tokens as signed JWTs (RFC 7519), typed as RFC 9068 types them.

use std::{borrow::Cow, ops::Range, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    AccessClaims, IssuedToken, TokenFault, TokenRequest,
    jws::{self, Unverified},
    key::{CachedKeys, KeySet},
    verified::{Verified, VerifiedTokens},
};
use crate::{
    ambient::{Clock, Randomness},
    secret::Secret,
    store::StoreError,
};

/// 128 bits, so that no two tokens ever share an identifier.
const ID_BYTES: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JwtSettings {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) lifetime: Duration,
    pub(crate) leeway: Duration,
}

impl Default for JwtSettings {
    fn default() -> Self {
        // A placeholder, for applications that issue and check their tokens themselves.
        const NAME: &str = "urn:auth-runtime";
        Self {
            issuer: NAME.to_owned(),
            audience: NAME.to_owned(),
            lifetime: Duration::from_secs(30 * 60),
            leeway: Duration::ZERO,
        }
    }
}

/// Signs tokens, and verifies its own.
#[derive(Debug)]
pub(crate) struct Jwt {
    pub(crate) verifier: JwtVerifier,
    pub(crate) lifetime: Duration,
    pub(crate) randomness: Randomness,
}

/// Verifies tokens of one issuer for one audience.
#[derive(Debug)]
pub(crate) struct JwtVerifier {
    pub(crate) keys: Arc<CachedKeys>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) leeway: Duration,
    pub(crate) clock: Clock,
    /// The types (`typ`) of the tokens that it takes.
    pub(crate) types: &'static [&'static str],
    /// Whether each token has to have an identifier (`jti`), as RFC 9068 says.
    pub(crate) needs_id: bool,
    /// Those that it has verified.
    pub(crate) verified: VerifiedTokens,
}

pub(crate) const ACCESS_TOKEN: &[&str] = &[jws::ACCESS_TOKEN_TYPE];

/// RFC 9068 section 2.2, and `sid` of OpenID Connect.
#[derive(Serialize)]
struct NewClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    iat: u64,
    exp: u64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

/// The claims that are decided on. Their types are the RFC's: a time that is a string, negative or huge is malformed, and
/// so is a claim that comes twice.
#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow)]
    sub: Cow<'a, str>,
    aud: Audience,
    exp: NumericDate,
    #[serde(default)]
    nbf: Option<NumericDate>,
    #[serde(default)]
    iat: Option<NumericDate>,
    #[serde(borrow, default)]
    jti: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    sid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    client_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    azp: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
    /// Scopes as a list, as some providers write them.
    #[serde(default)]
    scp: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// Whole seconds, or a fraction of them, which RFC 7519 section 2 allows.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "f64")]
struct NumericDate(u64);

impl TryFrom<f64> for NumericDate {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        // Beyond 2^53 a double no longer counts seconds.
        const MOST: f64 = 9_007_199_254_740_992.0;
        if !(0.0..=MOST).contains(&seconds) {
            return Err("a time out of range");
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
        Ok(Self(seconds as u64))
    }
}

impl Jwt {
    pub(crate) fn issue(&self, request: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        self.issue_at(self.verifier.clock.unix_seconds(), request)
    }

    /// A token that was good once.
    #[cfg(feature = "testing")]
    pub(crate) fn issue_expired(&self, request: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        let ago = self.lifetime.as_secs() + self.verifier.leeway.as_secs() + 1;
        self.issue_at(self.verifier.clock.unix_seconds().saturating_sub(ago), request)
    }

    fn issue_at(&self, now: u64, request: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| StoreError::new("no token was made").caused_by(error);
        let mut id = [0; ID_BYTES];
        self.randomness.fill(&mut id).map_err(|error| failed(error.into()))?;
        let claims = NewClaims {
            iss: &self.verifier.issuer,
            sub: request.subject,
            aud: &self.verifier.audience,
            client_id: request.client.unwrap_or(FIRST_PARTY),
            iat: now,
            exp: now.saturating_add(self.lifetime.as_secs()),
            jti: &URL_SAFE_NO_PAD.encode(id),
            sid: request.session,
            scope: request.scopes.join(" "),
        };
        let claims = serde_json::to_vec(&claims).map_err(|error| failed(error.into()))?;
        let keys = self.verifier.keys.current();
        let key = keys.signing(self.verifier.clock.unix_seconds());
        let key = key.ok_or_else(|| StoreError::new("no key signs now: all have ended, or none has begun"))?;
        let token = jws::sign(key, &claims).map_err(|error| failed(error.into()))?;
        Ok(IssuedToken { token: Secret::new(token), expires_in: Some(self.lifetime) })
    }
}

/// The client of a token that was issued to the application's own login form (RFC 9068 section 2.2 wants one).
const FIRST_PARTY: &str = "urn:auth-runtime:first-party";

impl JwtVerifier {
    /// What this token says, where it was verified before and nothing that its being good depends on has changed since.
    #[inline]
    pub(crate) fn seen_before(&self, token: &[u8]) -> Option<Arc<AccessClaims>> {
        if self.keys.are_stale() {
            return None;
        }
        let digest = self.verified.digest(token)?;
        self.verified.find(digest, self.keys.generation(), self.clock.unix_seconds())
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<AccessClaims>, TokenFault> {
        if self.keys.are_stale() {
            Box::pin(self.keys.freshened()).await;
        }
        match self.verify_at_once(token) {
            // Its key may be newer than those that are known here. Waiting for them is on the heap: it is rare, and every
            // request carries the size of this.
            Err(TokenFault::UnknownKey) => {
                Box::pin(self.keys.renewed()).await;
                self.verify_at_once(token)
            }
            verified => verified,
        }
    }

    fn verify_at_once(&self, token: &str) -> Result<Arc<AccessClaims>, TokenFault> {
        let now = self.clock.unix_seconds();
        let keys = self.keys.current();
        let digest = self.verified.digest(token.as_bytes());
        if let Some(claims) = digest.and_then(|digest| self.verified.find(digest, keys.generation(), now)) {
            return Ok(claims);
        }
        let verified = self.verify_with(&keys, token, now)?;
        let claims = Arc::clone(&verified.claims);
        if let Some(digest) = digest {
            self.verified.keep(digest, verified);
        }
        Ok(claims)
    }

    /// All there is to check of a token by itself.
    fn verify_with(&self, keys: &KeySet, token: &str, now: u64) -> Result<Verified, TokenFault> {
        let (payload, key_ends) = Unverified::parse(token)?.verify(keys, self.types, now)?;
        let (claims, good) = self.check(&payload, now)?;
        let good = good.start..good.end.min(key_ends);
        Ok(Verified { claims: Arc::new(claims), generation: keys.generation(), good })
    }

    /// What it says, and the seconds in which it is good.
    fn check(&self, payload: &[u8], now: u64) -> Result<(AccessClaims, Range<u64>), TokenFault> {
        let claims: Claims<'_> = serde_json::from_slice(payload).map_err(|_| TokenFault::Malformed)?;
        let leeway = self.leeway.as_secs();
        if claims.iss != self.issuer {
            return Err(TokenFault::WrongIssuer);
        }
        if !claims.aud.names(&self.audience) {
            return Err(TokenFault::WrongAudience);
        }
        // RFC 7519 sections 4.1.4 and 4.1.5: not accepted on or after `exp`, nor before `nbf`.
        let not_before = claims.nbf.map_or(0, |nbf| nbf.0);
        let good = not_before.saturating_sub(leeway)..claims.exp.0.saturating_add(leeway);
        if now >= good.end {
            return Err(TokenFault::Expired);
        }
        if now < good.start {
            return Err(TokenFault::NotYetValid);
        }
        if claims.sub.is_empty() || (self.needs_id && claims.jti.is_none()) {
            return Err(TokenFault::Malformed);
        }
        let listed = claims.scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned);
        let client = claims.client_id.or(claims.azp).filter(|client| client != FIRST_PARTY);
        let claims = AccessClaims {
            subject: claims.sub.into_owned(),
            scopes: listed.chain(claims.scp.into_iter().flatten()).collect(),
            id: claims.jti.map(Cow::into_owned),
            session: claims.sid.map(Cow::into_owned),
            client: client.map(Cow::into_owned),
            issued_at: claims.iat.map(|iat| iat.0),
            expires_at: Some(claims.exp.0),
        };
        Ok((claims, good))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::UNIX_EPOCH,
    };

    use super::*;
    use crate::token::{SigningKey, SigningKeys};

    const NOW: u64 = 1_800_000_000;

    fn jwt(now: u64, leeway: u64) -> Jwt {
        Jwt {
            verifier: JwtVerifier {
                keys: Arc::clone(SigningKeys::new(key()).cached()),
                issuer: "https://issuer.example".into(),
                audience: "https://api.example".into(),
                leeway: Duration::from_secs(leeway),
                clock: Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(now)),
                types: ACCESS_TOKEN,
                needs_id: true,
                verified: VerifiedTokens::new(8, &Randomness::default()),
            },
            lifetime: Duration::from_secs(60),
            randomness: Randomness::default(),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
    }

    fn verify(claims: &str) -> Result<AccessClaims, TokenFault> {
        jwt(NOW, 0).read(&jws::sign(&key(), claims.as_bytes()).unwrap())
    }

    impl Jwt {
        fn read(&self, token: &str) -> Result<AccessClaims, TokenFault> {
            let keys = self.verifier.keys.snapshot();
            let now = self.verifier.clock.unix_seconds();
            let verified = self.verifier.verify_with(&keys, token, now)?;
            Ok(AccessClaims::clone(&verified.claims))
        }
    }

    fn claims(with: &str) -> String {
        let mut claims: serde_json::Map<_, _> = serde_json::from_str(
            r#"{"iss":"https://issuer.example","aud":"https://api.example","sub":"johndoe","jti":"1","exp":1800000001}"#,
        )
        .unwrap();
        for (name, value) in serde_json::from_str::<serde_json::Map<_, _>>(with).unwrap() {
            if value.is_null() {
                claims.remove(&name)
            } else {
                claims.insert(name, value)
            };
        }
        serde_json::to_string(&claims).unwrap()
    }

    #[test]
    fn what_is_issued_verifies_until_it_expires() {
        let scopes = ["me".to_owned(), "items".to_owned()];
        let token = jwt(NOW, 0).issue(TokenRequest::new("johndoe", &scopes)).unwrap().token;
        let claims = jwt(NOW, 0).read(token.expose()).unwrap();
        assert_eq!((claims.subject.as_str(), claims.scopes.as_slice()), ("johndoe", scopes.as_slice()));
        assert_eq!(claims.expires_at, Some(NOW + 60));
        assert!(jwt(NOW + 59, 0).read(token.expose()).is_ok());
        assert_eq!(jwt(NOW + 60, 0).read(token.expose()), Err(TokenFault::Expired));
        assert!(jwt(NOW + 64, 5).read(token.expose()).is_ok());
        assert_eq!(jwt(NOW + 65, 5).read(token.expose()), Err(TokenFault::Expired));
    }

    /// A verifier whose clock and keys can be changed, which has verified a token already.
    fn warm(claims: &str, key: &SigningKey, leeway: u64) -> (JwtVerifier, SigningKeys, Arc<AtomicU64>, String) {
        let (time, keys) = (Arc::new(AtomicU64::new(NOW)), SigningKeys::new(key.clone()));
        let seconds = Arc::clone(&time);
        let clock = Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst)));
        let verifier = JwtVerifier { keys: Arc::clone(keys.cached()), clock, ..jwt(NOW, leeway).verifier };
        let token = jws::sign(key, claims.as_bytes()).unwrap();
        let first = verifier.verify_at_once(&token).unwrap();
        let again = verifier.verify_at_once(&token).unwrap();
        assert!(Arc::ptr_eq(&first, &again), "the second time it need not be read");
        assert!(verifier.seen_before(token.as_bytes()).is_some_and(|seen| Arc::ptr_eq(&first, &seen)));
        (verifier, keys, time, token)
    }

    /// What a request is told of a token: what was found out before never says anything else than what is found out now.
    fn asked(verifier: &JwtVerifier, token: &str) -> Result<Arc<AccessClaims>, TokenFault> {
        let seen = verifier.seen_before(token.as_bytes());
        let verified = verifier.verify_at_once(token);
        if let Some(seen) = seen {
            assert_eq!(verified.as_ref(), Ok(&seen), "{token}");
        }
        verified
    }

    #[test]
    fn a_token_that_was_verified_before_is_refused_in_its_time_as_any_other() {
        let claims = claims(r#"{"nbf":1799999990,"exp":1800000060}"#);
        for leeway in [0, 5] {
            let (verifier, _, time, token) = warm(&claims, &key(), leeway);
            for (now, fault) in [
                (NOW + 59 + leeway, None),
                (NOW + 60 + leeway, Some(TokenFault::Expired)),
                (u64::MAX / 2, Some(TokenFault::Expired)),
                (NOW - 10 - leeway, None),
                (NOW - 11 - leeway, Some(TokenFault::NotYetValid)),
                (NOW, None),
            ] {
                time.store(now, Ordering::SeqCst);
                assert_eq!(asked(&verifier, &token).err(), fault, "{now}");
            }
        }
    }

    #[test]
    fn a_token_that_was_verified_before_is_refused_without_its_key() {
        let other = SigningKey::from_secret(&Secret::new("another-key-another-key-another!")).unwrap();
        let (verifier, keys, _, token) = warm(&claims("{}"), &key(), 0);
        keys.replace(other.clone(), []);
        assert_eq!(asked(&verifier, &token), Err(TokenFault::UnknownKey));
        keys.replace(other.clone(), [key()]);
        assert!(asked(&verifier, &token).is_ok(), "it is still among them");
        keys.replace(other.clone(), []);
        assert_eq!(asked(&verifier, &token), Err(TokenFault::UnknownKey));
        keys.replace(key(), []);
        assert!(asked(&verifier, &token).is_ok());
    }

    #[test]
    fn a_token_that_was_verified_before_ends_with_its_key() {
        let (verifier, keys, time, token) = warm(&claims(r#"{"exp":1800000060}"#), &key(), 0);
        keys.replace_until(key(), NOW + 10);
        assert!(asked(&verifier, &token).is_ok(), "and is kept, with the end of its key");
        for (now, fault) in [(NOW + 9, None), (NOW + 10, Some(TokenFault::UnknownKey))] {
            time.store(now, Ordering::SeqCst);
            assert_eq!(asked(&verifier, &token).err(), fault, "{now}");
        }
    }

    #[test]
    fn a_token_that_was_verified_before_is_good_for_no_text_but_its_own() {
        let (verifier, _, _, token) = warm(&claims("{}"), &key(), 0);
        for index in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            assert!(asked(&verifier, &String::from_utf8(other).unwrap()).is_err(), "{index}");
        }
        assert!(asked(&verifier, &format!("{token}A")).is_err());
        assert!(asked(&verifier, &token[..token.len() - 1]).is_err());
    }

    #[test]
    fn with_a_failed_clock_no_token_is_good() {
        let token = jwt(NOW, 0).issue(TokenRequest::new("johndoe", &[])).unwrap().token;
        let mut failed = jwt(NOW, 0);
        failed.verifier.clock = Clock::from_fn(|| UNIX_EPOCH - Duration::from_secs(1));
        assert!(failed.read(token.expose()).is_err());
    }

    #[test]
    fn each_token_has_its_own_identifier() {
        let request = TokenRequest::new("johndoe", &[]);
        let jwt = jwt(NOW, 0);
        let id = || jwt.read(jwt.issue(request).unwrap().token.expose()).unwrap().id;
        assert_ne!(id(), id());
    }

    #[test]
    fn claims_are_held_to_the_rfc() {
        assert!(verify(&claims("{}")).is_ok());
        for (with, fault) in [
            (r#"{"iss":"https://issuer.example.evil"}"#, TokenFault::WrongIssuer),
            (r#"{"iss":"https://issuer.exampl"}"#, TokenFault::WrongIssuer),
            (r#"{"aud":"https://other.example"}"#, TokenFault::WrongAudience),
            (r#"{"aud":["https://other.example"]}"#, TokenFault::WrongAudience),
            (r#"{"aud":[]}"#, TokenFault::WrongAudience),
            (r#"{"exp":1800000000}"#, TokenFault::Expired),
            (r#"{"exp":0}"#, TokenFault::Expired),
            (r#"{"nbf":1800000001}"#, TokenFault::NotYetValid),
            (r#"{"sub":""}"#, TokenFault::Malformed),
            (r#"{"sub":7}"#, TokenFault::Malformed),
            (r#"{"exp":"1800000001"}"#, TokenFault::Malformed),
            (r#"{"exp":-1}"#, TokenFault::Malformed),
            (r#"{"exp":1e300}"#, TokenFault::Malformed),
            (r#"{"exp":18446744073709551615}"#, TokenFault::Malformed),
            (r#"{"nbf":"0"}"#, TokenFault::Malformed),
            (r#"{"nbf":-5}"#, TokenFault::Malformed),
            (r#"{"scope":["me"]}"#, TokenFault::Malformed),
            (r#"{"iss":null}"#, TokenFault::Malformed),
            (r#"{"aud":null}"#, TokenFault::Malformed),
            (r#"{"sub":null}"#, TokenFault::Malformed),
            (r#"{"exp":null}"#, TokenFault::Malformed),
            (r#"{"jti":null}"#, TokenFault::Malformed),
        ] {
            assert_eq!(verify(&claims(with)), Err(fault), "{with}");
        }
        assert!(verify(&claims(r#"{"aud":["https://other.example","https://api.example"]}"#)).is_ok());
        assert!(verify(&claims(r#"{"nbf":1800000000.5,"exp":1800000001.9}"#)).is_ok());
    }

    #[test]
    fn what_is_issued_names_its_client_and_its_session() {
        let read = |request| jwt(NOW, 0).read(jwt(NOW, 0).issue(request).unwrap().token.expose()).unwrap();
        let own = read(TokenRequest::new("johndoe", &[]));
        assert_eq!((own.client, own.session, own.issued_at), (None, None, Some(NOW)));
        assert!(own.scopes.is_empty() && own.id.is_some());
        let of_client = read(TokenRequest::new("app", &[]).client(Some("app")).session(Some("1")));
        assert_eq!((of_client.client.as_deref(), of_client.session.as_deref()), (Some("app"), Some("1")));
        assert!(of_client.is_of_client() && !AccessClaims { client: None, ..of_client }.is_of_client());
        let of_user = read(TokenRequest::new("johndoe", &[]).client(Some("app")));
        assert!(!of_user.is_of_client());
    }

    #[test]
    fn scopes_and_clients_are_read_as_providers_write_them() {
        for (with, scopes) in [
            (r#"{"scope":""}"#, &[][..]),
            (r#"{"scope":" me  items "}"#, &["me", "items"]),
            (r#"{"scp":["me","items"]}"#, &["me", "items"]),
            (r#"{"scope":"me","scp":["items"]}"#, &["me", "items"]),
        ] {
            assert_eq!(verify(&claims(with)).unwrap().scopes, scopes, "{with}");
        }
        for (with, client) in [
            (r#"{"client_id":"a","azp":"b"}"#, Some("a")),
            (r#"{"azp":"b"}"#, Some("b")),
            (r#"{"client_id":"urn:auth-runtime:first-party"}"#, None),
            ("{}", None),
        ] {
            assert_eq!(verify(&claims(with)).unwrap().client.as_deref(), client, "{with}");
        }
    }

    #[test]
    fn where_identifiers_are_not_asked_for_a_subject_still_is() {
        let mut provider = jwt(NOW, 0);
        provider.verifier.needs_id = false;
        let read = |with| provider.read(&jws::sign(&key(), claims(with).as_bytes()).unwrap());
        assert!(read(r#"{"jti":null}"#).is_ok());
        assert_eq!(read(r#"{"jti":null,"sub":""}"#), Err(TokenFault::Malformed));
    }

    #[cfg(feature = "testing")]
    #[test]
    fn a_token_that_is_issued_expired_was_good_a_moment_ago() {
        let token = jwt(NOW, 5).issue_expired(TokenRequest::new("johndoe", &[])).unwrap().token;
        assert!(jwt(NOW - 2, 5).read(token.expose()).is_ok());
        for now in [NOW - 1, NOW] {
            assert_eq!(jwt(now, 5).read(token.expose()), Err(TokenFault::Expired), "{now}");
        }
    }

    #[tokio::test]
    async fn a_token_is_verified_by_the_keys_of_its_issuer() {
        let jwt = jwt(NOW, 0);
        let token = jwt.issue(TokenRequest::new("johndoe", &[])).unwrap().token;
        assert_eq!(jwt.verifier.verify_at_once(token.expose()).unwrap().subject, "johndoe");
        let foreign = SigningKey::from_secret(&Secret::new("another-key-another-key-another!")).unwrap();
        let foreign = jws::sign(&foreign, claims("{}").as_bytes()).unwrap();
        assert_eq!(jwt.verifier.verify(&foreign).await, Err(TokenFault::UnknownKey));
    }

    #[test]
    fn a_claim_that_comes_twice_is_refused() {
        let twice = claims("{}").replacen('{', r#"{"sub":"admin","#, 1);
        assert_eq!(verify(&twice), Err(TokenFault::Malformed));
        assert_eq!(verify("[]"), Err(TokenFault::Malformed));
        assert_eq!(verify("not json"), Err(TokenFault::Malformed));
    }

    #[test]
    fn without_randomness_there_is_no_token() {
        let jwt =
            Jwt { randomness: Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable)), ..jwt(NOW, 0) };
        assert!(jwt.issue(TokenRequest::new("johndoe", &[])).is_err());
    }
}
