//! Registered clients (RFC 6749 section 2).

use std::{fmt, future::Future, sync::Arc};

use super::{Boxed, StoreError, TokenDigest};
use crate::{ambient::Randomness, secret::Secret, token::random_text};

/// 256 bits.
const SECRET_BYTES: usize = 32;
/// A secret that is shorter has been thought up by somebody.
const MIN_SECRET_BYTES: usize = 32;

/// A program that asks for tokens: registered under an identifier, and confidential if it has a secret.
///
/// ```
/// use auth_runtime::{Client, Randomness};
///
/// let (billing, secret) = Client::confidential("billing", &Randomness::default())?;
/// let billing = billing.scopes(["invoices"]).client_credentials();
/// assert!(billing.has_secret(&secret));
///
/// let app = Client::public("mobile-app");
/// # Ok::<(), auth_runtime::BoxError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The identifier.
    pub id: String,
    /// The digest of its secret; `None` for a public client, which cannot keep one.
    pub secret: Option<TokenDigest>,
    /// What it may ask for by `client_credentials`, and what it may have of what its users are granted; empty is nothing of
    /// the first, and no limit to the second.
    pub scopes: Vec<String>,
    /// Whether it may ask for tokens of its own, without a user (RFC 6749 section 4.4). Only a confidential client may.
    pub client_credentials: bool,
    /// Whether it may ask about the tokens of others (RFC 7662): a resource server.
    pub introspection: bool,
    /// Whether it is switched off.
    pub disabled: bool,
}

impl Client {
    /// A client that can keep a secret, and the secret, which is shown this once.
    ///
    /// # Errors
    /// [`RandomnessUnavailable`](crate::RandomnessUnavailable).
    pub fn confidential(
        id: impl Into<String>,
        randomness: &Randomness,
    ) -> Result<(Self, Secret), crate::ambient::RandomnessUnavailable> {
        let secret = random_text::<SECRET_BYTES>(randomness)?;
        Ok((Self { secret: Some(TokenDigest::of(secret.expose())), ..Self::public(id) }, secret))
    }

    /// The same with a secret that was made elsewhere, of random 32 bytes or more: it is hashed once, as one that somebody
    /// thought up must not be.
    ///
    /// # Errors
    /// [`WeakSecret`] for a shorter one.
    pub fn with_secret(id: impl Into<String>, secret: &Secret) -> Result<Self, WeakSecret> {
        if secret.expose().len() < MIN_SECRET_BYTES {
            return Err(WeakSecret);
        }
        Ok(Self { secret: Some(TokenDigest::of(secret.expose())), ..Self::public(id) })
    }

    /// A client that cannot keep a secret: a program on its user's own machine, or in a browser.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            scopes: Vec::new(),
            client_credentials: false,
            introspection: false,
            disabled: false,
        }
    }

    /// The same, limited to these scopes.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The same, with tokens of its own: it may have the scopes that it is limited to.
    #[must_use]
    pub fn client_credentials(mut self) -> Self {
        self.client_credentials = true;
        self
    }

    /// The same, allowed to ask about tokens.
    #[must_use]
    pub fn introspection(mut self) -> Self {
        self.introspection = true;
        self
    }

    /// Whether this is its secret.
    #[must_use]
    pub fn has_secret(&self, secret: &Secret) -> bool {
        use subtle::ConstantTimeEq;
        let digest = TokenDigest::of(secret.expose());
        self.secret.is_some_and(|stored| stored.as_bytes().ct_eq(digest.as_bytes()).into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("disabled", &self.disabled).finish_non_exhaustive()
    }
}

/// A client's secret that is too short to be random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeakSecret;

impl fmt::Display for WeakSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a client's secret has {MIN_SECRET_BYTES} random bytes or more: make one with `openssl rand -hex 32`")
    }
}

impl std::error::Error for WeakSecret {}

/// Where registered clients are looked up.
///
/// [`MemoryStore`](super::MemoryStore), `SqliteStore` and `PostgresStore` are here.
pub trait ClientStore: Send + Sync + 'static {
    /// The client of this identifier.
    fn find_client(&self, id: &str) -> impl Future<Output = Result<Option<Client>, StoreError>> + Send;

    /// Registers a client, or replaces the one of its identifier.
    fn register(&self, client: &Client) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a client, and says whether there was one.
    fn remove_client(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Every client, by identifier.
    fn clients(&self) -> impl Future<Output = Result<Vec<Client>, StoreError>> + Send;
}

/// [`ClientStore`] as an object.
pub(crate) trait AnyClientStore: Send + Sync {
    fn find_client<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<Option<Client>, StoreError>>;
}

impl<T: ClientStore> AnyClientStore for T {
    fn find_client<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<Option<Client>, StoreError>> {
        Box::pin(ClientStore::find_client(self, id))
    }
}

/// A store that is also used elsewhere.
impl<T: ClientStore> ClientStore for Arc<T> {
    async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        T::find_client(self, id).await
    }

    async fn register(&self, client: &Client) -> Result<(), StoreError> {
        T::register(self, client).await
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        T::remove_client(self, id).await
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        T::clients(self).await
    }
}
