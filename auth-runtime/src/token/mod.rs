//! Access tokens: what they carry, and the trait through which an application brings its own format.

mod jwk;
mod jws;
mod jwt;
mod key;
#[cfg(test)]
mod vectors;
mod verified;

use std::{error::Error, fmt, future::Future, time::Duration};

pub use self::key::{Algorithm, KeyError, KeyFile, KeyInfo, NewKey, SigningKey, SigningKeys};
#[cfg(feature = "oidc")]
pub(crate) use self::key::{CachedKeys, KeySet};
pub(crate) use self::{
    jwk::{Jwk, PublicSet},
    jwt::{ACCESS_TOKEN, Jwt, JwtSettings, JwtVerifier},
    verified::VerifiedTokens,
};
use zeroize::Zeroizing;

use crate::{
    ambient::{Randomness, RandomnessUnavailable},
    secret::Secret,
    store::{Boxed, StoreError},
};

/// What a genuine access token says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AccessClaims {
    /// Whom it was issued to: the username (`sub`).
    pub subject: String,
    /// What it may be used for (`scope`).
    pub scopes: Vec<String>,
    /// Its own identifier (`jti`).
    pub id: Option<String>,
    /// The session that it belongs to (`sid`).
    pub session: Option<String>,
    /// The client that it was issued to (`client_id`); `None` for the application's own login form.
    pub client: Option<String>,
    /// When it was issued, in seconds since 1970 (`iat`).
    pub issued_at: Option<u64>,
    /// When it expires, in seconds since 1970 (`exp`).
    pub expires_at: Option<u64>,
}

impl AccessClaims {
    /// A token of this user, without scopes.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..Self::default() }
    }

    /// The same, with these scopes.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Whether it is a client's own, by `grant_type=client_credentials`: no user stands behind it.
    #[must_use]
    pub fn is_of_client(&self) -> bool {
        self.client.as_ref() == Some(&self.subject)
    }
}

/// Random text of this many bytes, as base64url.
pub(crate) fn random_text<const BYTES: usize>(randomness: &Randomness) -> Result<Secret, RandomnessUnavailable> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    randomness.fill(bytes.as_mut_slice())?;
    Ok(Secret::new(jwk::encode(bytes.as_slice())))
}

/// A token to be issued.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TokenRequest<'a> {
    /// The username.
    pub subject: &'a str,
    /// The scopes granted.
    pub scopes: &'a [String],
    /// The client that it is issued to; `None` for the application's own login form.
    pub client: Option<&'a str>,
    /// The session that it belongs to.
    pub session: Option<&'a str>,
}

impl<'a> TokenRequest<'a> {
    /// A token for this user with these scopes.
    #[must_use]
    pub fn new(subject: &'a str, scopes: &'a [String]) -> Self {
        Self { subject, scopes, client: None, session: None }
    }

    /// The same, issued to this client.
    #[must_use]
    pub fn client(self, client: Option<&'a str>) -> Self {
        Self { client, ..self }
    }

    /// The same, in this session.
    #[must_use]
    pub fn session(self, session: Option<&'a str>) -> Self {
        Self { session, ..self }
    }
}

/// A token that was issued.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token, as the client will send it.
    pub token: Secret,
    /// How long it is good for; `None` if the format does not say.
    pub expires_in: Option<Duration>,
}

impl IssuedToken {
    /// A token that does not say how long it is good for.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self { token: token.into(), expires_in: None }
    }

    /// The same, good for this long.
    #[must_use]
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }
}

/// How access tokens are made and read: signed JWTs, unless the application brings its own.
///
/// ```
/// use auth_runtime::{AccessClaims, IssuedToken, StoreError, TokenError, TokenFault, TokenFormat, TokenRequest};
///
/// /// Tokens that an API gateway has checked already, and passes on as `user:NAME`.
/// struct Gateway;
///
/// impl TokenFormat for Gateway {
///     async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
///         Err(StoreError::new("the gateway issues the tokens"))
///     }
///
///     async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
///         let subject = token.strip_prefix("user:").ok_or(TokenFault::Malformed)?;
///         Ok(AccessClaims::new(subject))
///     }
/// }
/// ```
pub trait TokenFormat: Send + Sync + 'static {
    /// Issues a token.
    ///
    /// An error is answered with 503.
    fn issue(&self, request: TokenRequest<'_>) -> impl Future<Output = Result<IssuedToken, StoreError>> + Send;

    /// What the token says, if it is genuine and good now.
    fn verify(&self, token: &str) -> impl Future<Output = Result<AccessClaims, TokenError>> + Send;
}

/// [`TokenFormat`] as an object.
pub(crate) trait AnyTokenFormat: Send + Sync {
    fn issue<'a>(&'a self, request: TokenRequest<'a>) -> Boxed<'a, Result<IssuedToken, StoreError>>;

    fn verify<'a>(&'a self, token: &'a str) -> Boxed<'a, Result<AccessClaims, TokenError>>;
}

impl<T: TokenFormat> AnyTokenFormat for T {
    fn issue<'a>(&'a self, request: TokenRequest<'a>) -> Boxed<'a, Result<IssuedToken, StoreError>> {
        Box::pin(TokenFormat::issue(self, request))
    }

    fn verify<'a>(&'a self, token: &'a str) -> Boxed<'a, Result<AccessClaims, TokenError>> {
        Box::pin(TokenFormat::verify(self, token))
    }
}

/// Why no claims were read from a token.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// The token is not genuine, or not good now: 401.
    Invalid(TokenFault),
    /// Whether it is could not be found out: 503.
    Unavailable(StoreError),
}

impl From<TokenFault> for TokenError {
    fn from(fault: TokenFault) -> Self {
        Self::Invalid(fault)
    }
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

/// What is wrong with a token. For the log; a client is told only whether it expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFault {
    /// More than one `Authorization` header, so that which one counts would be a guess.
    Ambiguous,
    /// Not a token of this format.
    Malformed,
    /// A token for another purpose (`typ`).
    WrongType,
    /// Another algorithm than the key's.
    WrongAlgorithm,
    /// A `crit` header, none of whose extensions are supported (RFC 7515 section 4.1.11).
    UnsupportedCritical,
    /// Signed by a key that is not known here, or no longer (`kid`).
    UnknownKey,
    /// The signature does not verify.
    BadSignature,
    /// After `exp`.
    Expired,
    /// Before `nbf`.
    NotYetValid,
    /// Another issuer (`iss`).
    WrongIssuer,
    /// For another audience (`aud`).
    WrongAudience,
    /// Its user does not exist (any more).
    UnknownUser,
    /// A client's own, where a user is asked for.
    OfClient,
    /// Revoked, or unknown to the application's own format.
    Revoked,
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ambiguous => "more than one Authorization header",
            Self::Malformed => "malformed",
            Self::WrongType => "a token for another purpose",
            Self::WrongAlgorithm => "another algorithm",
            Self::UnsupportedCritical => "a critical header that is not supported",
            Self::UnknownKey => "signed by an unknown key",
            Self::BadSignature => "the signature does not verify",
            Self::Expired => "expired",
            Self::NotYetValid => "not valid yet",
            Self::WrongIssuer => "another issuer",
            Self::WrongAudience => "another audience",
            Self::UnknownUser => "its user does not exist",
            Self::OfClient => "a client's own, without a user",
            Self::Revoked => "revoked or unknown",
        })
    }
}

impl Error for TokenFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_words_of_its_own() {
        let faults = [
            TokenFault::Ambiguous,
            TokenFault::Malformed,
            TokenFault::WrongType,
            TokenFault::WrongAlgorithm,
            TokenFault::UnsupportedCritical,
            TokenFault::UnknownKey,
            TokenFault::BadSignature,
            TokenFault::Expired,
            TokenFault::NotYetValid,
            TokenFault::WrongIssuer,
            TokenFault::WrongAudience,
            TokenFault::UnknownUser,
            TokenFault::OfClient,
            TokenFault::Revoked,
        ];
        let words: std::collections::BTreeSet<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), faults.len(), "{words:?}");
        assert!(!words.contains(""));
    }

    #[test]
    fn random_text_is_as_long_as_asked_for_and_never_the_same() {
        let text = || random_text::<24>(&Randomness::default()).unwrap();
        assert_eq!(jwk::decode(text().expose()).unwrap().len(), 24);
        assert_ne!(text().expose(), text().expose());
        let failing = Randomness::from_fn(|_| Err(RandomnessUnavailable));
        assert!(random_text::<24>(&failing).is_err());
    }

    #[test]
    fn a_token_says_how_long_it_is_good_for_if_it_is_known() {
        let token = IssuedToken::new("abc");
        assert_eq!((token.token.expose(), token.expires_in), ("abc", None));
        let token = token.expires_in(Duration::from_secs(60));
        assert_eq!((token.token.expose(), token.expires_in), ("abc", Some(Duration::from_secs(60))));
    }
}
