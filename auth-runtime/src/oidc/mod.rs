//! Tokens of an OpenID Connect provider: its keys are found by discovery, kept, and read again when it rotates them.

mod fetch;

use std::{sync::Arc, time::Duration};

use axum::http::Uri;
use serde::Deserialize;
use serde_json::Value;

use self::fetch::{Fetch, trustworthy};
use crate::{
    ambient::{Clock, Randomness},
    store::{Boxed, StoreError},
    token::{
        ACCESS_TOKEN, AccessClaims, CachedKeys, IssuedToken, Jwk, JwtVerifier, KeySet, TokenError, TokenFormat,
        TokenRequest, VerifiedTokens,
    },
};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
const DEFAULT_RELOAD: Duration = Duration::from_secs(15 * 60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_LEEWAY: Duration = Duration::from_secs(120);
/// For providers that type their access tokens as any JWT.
const ANY_JWT: &[&str] = &["at+jwt", "JWT"];

/// The access tokens of an OpenID Connect provider elsewhere: signed JWTs for this API, whose `sub` is the username.
///
/// Its keys are found by discovery (OpenID Connect Discovery 1.0 section 4), and read again every quarter of an hour, and
/// when a token names one that is not known, once a second at most. Keys that are known work on while the provider is down;
/// a token of any other key is then refused. Issuer and audience are those that are given here; nothing in a request says
/// where anything is asked.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, prelude::*};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] id: String }
/// use auth_runtime::OidcProvider;
///
/// # async fn build() -> Result<(), BoxError> {
/// let provider = OidcProvider::discover("https://login.example/realms/shop", "https://api.shop.example").await?;
/// let auth = Auth::builder(SqliteUsers::<User>::open("users.db").await?).token_format(provider).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct OidcProvider {
    verifier: JwtVerifier,
}

/// How an [`OidcProvider`] is reached, and which of its tokens are taken.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    issuer: String,
    audience: String,
    leeway: Duration,
    types: &'static [&'static str],
    reload: Duration,
    timeout: Duration,
    clock: Clock,
    verified: usize,
}

impl OidcOptions {
    /// Tokens that this issuer issued for this audience, typed `at+jwt` (RFC 9068).
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: Duration::ZERO,
            types: ACCESS_TOKEN,
            reload: DEFAULT_RELOAD,
            timeout: DEFAULT_TIMEOUT,
            clock: Clock::default(),
            verified: VerifiedTokens::default_room(),
        }
    }

    /// Also takes tokens that are typed `JWT`, as some providers type access tokens, and ID tokens too. What tells them apart is
    /// the audience: it has to be this API's own, and never a client's identifier.
    #[must_use]
    pub fn any_jwt(mut self) -> Self {
        self.types = ANY_JWT;
        self
    }

    /// How far the clocks of the provider and this server may differ: not at all by default, two minutes at most.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How often the keys are read again: every quarter of an hour by default. A key that the provider withdraws is good for as
    /// long at most, while the provider answers.
    #[must_use]
    pub fn reload_every(mut self, reload: Duration) -> Self {
        self.reload = reload;
        self
    }

    /// How long the provider may take to answer: five seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many verified tokens are kept, as [`AuthBuilder::verified_tokens`](crate::AuthBuilder::verified_tokens) says.
    #[must_use]
    pub fn verified_tokens(mut self, most: usize) -> Self {
        self.verified = most;
        self
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Asks the provider where its keys are, and for them.
    ///
    /// # Errors
    /// [`StoreError`] if the issuer is no https URL (or http on this machine), the provider cannot be reached, calls itself by
    /// another name, or has no key that is known here.
    pub async fn discover(self) -> Result<OidcProvider, StoreError> {
        if self.audience.is_empty() || self.leeway > MAX_LEEWAY {
            return Err(StoreError::new("the audience is this API's URL, and the leeway two minutes at most"));
        }
        trustworthy(&self.issuer)?;
        let fetch = Fetch::new(self.timeout)?;
        let document = trustworthy(&format!("{}{WELL_KNOWN}", self.issuer.trim_end_matches('/')))?;
        let keys_at = discover(&fetch, &document, &self.issuer).await?;
        let keys = read_keys(&fetch, &keys_at).await?;
        tracing::info!(event = "oidc.discovered", issuer = self.issuer, keys = %keys_at);
        let load = move || -> Boxed<'static, Result<KeySet, StoreError>> {
            let (fetch, keys_at) = (fetch.clone(), keys_at.clone());
            Box::pin(async move { read_keys(&fetch, &keys_at).await })
        };
        Ok(OidcProvider {
            verifier: JwtVerifier {
                keys: Arc::new(CachedKeys::reloaded(keys, self.reload, load)),
                issuer: self.issuer,
                audience: self.audience,
                leeway: self.leeway,
                clock: self.clock,
                types: self.types,
                needs_id: false,
                verified: VerifiedTokens::new(self.verified, &Randomness::default()),
            },
        })
    }
}

impl OidcProvider {
    /// Asks the provider where its keys are, and for them, with the defaults of [`OidcOptions`].
    ///
    /// # Errors
    /// As [`OidcOptions::discover`].
    pub async fn discover(issuer: &str, audience: &str) -> Result<Self, StoreError> {
        OidcOptions::new(issuer, audience).discover().await
    }
}

impl TokenFormat for OidcProvider {
    async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Err(StoreError::new("the OpenID Connect provider issues the tokens"))
    }

    async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        Ok(Arc::unwrap_or_clone(self.verifier.verify(token).await?))
    }
}

/// Where the keys are.
async fn discover(fetch: &Fetch, document: &Uri, issuer: &str) -> Result<Uri, StoreError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let text = fetch.get(document).await?;
    let found: Document = serde_json::from_slice(&text).map_err(|_| {
        StoreError::new(format!("{document} is no discovery document: it has no issuer or no jwks_uri"))
    })?;
    if found.issuer != issuer {
        return Err(StoreError::new(format!(
            "{document} calls its issuer {:?}, and tokens of {issuer:?} are expected: one letter more or less is another issuer",
            found.issuer
        )));
    }
    trustworthy(&found.jwks_uri)
}

/// The keys that are for signatures of a kind that is known here; the others are left out.
async fn read_keys(fetch: &Fetch, keys_at: &Uri) -> Result<KeySet, StoreError> {
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<Value>,
    }
    let text = fetch.get(keys_at).await?;
    let Keys { keys } =
        serde_json::from_slice(&text).map_err(|_| StoreError::new(format!("{keys_at} is no JWK Set")))?;
    let keys: Vec<Jwk> = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    let keys = KeySet::of_public(&keys);
    if keys.is_empty() {
        return Err(StoreError::new(format!("{keys_at} has no key for EdDSA, ES256 or RS256")));
    }
    Ok(keys)
}
