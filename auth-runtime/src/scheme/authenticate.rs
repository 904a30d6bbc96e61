//! From a credential to whose it is: the authenticators of security schemes.

use std::{
    any::{Any, TypeId},
    borrow::Cow,
    collections::HashMap,
    fmt,
    future::Future,
    marker::PhantomData,
    sync::Arc,
};

use axum::http::request::Parts;

use super::{Credential, KeyIn, Place, Scheme, SecurityScheme, credential::CredentialFault, cross_site};
use crate::{
    address::{self, ClientAddress, TrustedProxies},
    error::Refusal,
    scope::RequestedScope,
    store::{Boxed, StoreError},
};

/// What an authenticator found.
#[derive(Debug)]
pub enum Authenticated<P> {
    /// Whose credential it is, and what it is good for.
    Yes(Granted<P>),
    /// Nobody's: 401. A client is told what, if anything, the authenticator says.
    No(Option<Cow<'static, str>>),
    /// It could not be found out: 503.
    Unavailable(StoreError),
    /// Refused for a reason of its own: too many attempts, say.
    Refused(Refusal),
}

/// A principal, and the scopes of the credential that was shown.
///
/// ```
/// use auth_runtime::{Granted, Scope, Secret};
///
/// #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
/// enum ShopScope {
///     #[scope("invoices")]
///     Invoices,
/// }
///
/// async fn find_service(key: Secret) -> Option<Granted<&'static str>> {
///     (key == Secret::new("s3cret")).then(|| Granted::to("billing").scopes([ShopScope::Invoices]))
/// }
/// ```
#[derive(Debug)]
pub struct Granted<P> {
    principal: P,
    scopes: Vec<String>,
}

impl<P> Granted<P> {
    /// To this principal, without scopes.
    pub fn to(principal: P) -> Self {
        Self { principal, scopes: Vec::new() }
    }

    /// With these scopes, for policies such as `#[requires(ApiKey[Scope::Invoices])]`: variants of a scope enum, or strings
    /// from a store.
    #[must_use]
    pub fn scopes<S: RequestedScope>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(|scope| scope.token().to_owned()).collect();
        self
    }
}

/// What an authenticator returns: an `Option` or a `Result` of a principal, or of one that is [`Granted`] scopes.
///
/// The error of the `Result` is what the client is told (`&'static str` or `String`), or a [`StoreError`], which is
/// answered with 503.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what an authenticator of this scheme returns",
    label = "neither an `Option` nor a `Result` of `{P}`",
    note = "return `Option<{P}>`, `Result<{P}, &'static str>` or `Result<{P}, StoreError>`; `Granted<{P}>` in place of `{P}` adds scopes"
)]
pub trait IntoAuthenticated<P> {
    /// As one of three.
    fn into_authenticated(self) -> Authenticated<P>;
}

impl<P> IntoAuthenticated<P> for Authenticated<P> {
    fn into_authenticated(self) -> Self {
        self
    }
}

impl<P> IntoAuthenticated<P> for Option<P> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map(Granted::to).into_authenticated()
    }
}

impl<P> IntoAuthenticated<P> for Option<Granted<P>> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or(Authenticated::No(None), Authenticated::Yes)
    }
}

/// What [`Auth::verify_login`](crate::Auth::verify_login) gives: a wrong password is a credential that is not accepted.
impl<P> IntoAuthenticated<P> for Result<P, Refusal> {
    fn into_authenticated(self) -> Authenticated<P> {
        match self {
            Ok(principal) => Authenticated::Yes(Granted::to(principal)),
            Err(Refusal::BadLogin) => Authenticated::No(None),
            Err(refusal) => Authenticated::Refused(refusal),
        }
    }
}

impl<P> IntoAuthenticated<P> for Result<P, StoreError> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or_else(Authenticated::Unavailable, |principal| Authenticated::Yes(Granted::to(principal)))
    }
}

impl<P> IntoAuthenticated<P> for Result<Option<P>, StoreError> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or_else(Authenticated::Unavailable, IntoAuthenticated::into_authenticated)
    }
}

impl<P> IntoAuthenticated<P> for Result<Option<Granted<P>>, StoreError> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or_else(Authenticated::Unavailable, IntoAuthenticated::into_authenticated)
    }
}

impl<P> IntoAuthenticated<P> for Result<P, &'static str> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map(Granted::to).into_authenticated()
    }
}

impl<P> IntoAuthenticated<P> for Result<Granted<P>, &'static str> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or_else(|told| Authenticated::No(Some(told.into())), Authenticated::Yes)
    }
}

impl<P> IntoAuthenticated<P> for Result<P, String> {
    fn into_authenticated(self) -> Authenticated<P> {
        self.map_or_else(|told| Authenticated::No(Some(told.into())), |one| Authenticated::Yes(Granted::to(one)))
    }
}

/// An authenticator as an object.
pub(crate) type Call<K> = dyn Fn(<K as SecurityScheme>::Credential) -> Boxed<'static, Authenticated<<K as SecurityScheme>::Yields>>
    + Send
    + Sync;

/// How the credential of a scheme becomes what it yields.
pub enum Authenticator<K: SecurityScheme> {
    /// As it is.
    HandOn(fn(K::Credential) -> K::Yields),
    /// By a function.
    By(Arc<Call<K>>),
    /// By a function that the application's [`Auth`](crate::Auth) was given.
    FromAuth,
}

impl<K: SecurityScheme> Authenticator<K> {
    /// By this function.
    pub fn by(function: impl Authenticate<K>) -> Self {
        Self::By(function.into_call())
    }
}

/// An async function from the credential of a scheme to whose it is.
#[diagnostic::on_unimplemented(
    message = "this is no authenticator for `{K}`",
    label = "not an async function from the scheme's credential to what its field holds",
    note = "it takes a `Secret` (of `basic`: `BasicCredentials`; of other HTTP schemes: `HttpCredentials`), and returns an `Option` or a `Result` of the type of the field"
)]
pub trait Authenticate<K: SecurityScheme>: Send + Sync + 'static {
    /// As an object.
    fn into_call(self) -> Arc<Call<K>>;
}

impl<K, F, R> Authenticate<K> for F
where
    K: SecurityScheme,
    F: Fn(K::Credential) -> R + Send + Sync + 'static,
    R: Future<Output: IntoAuthenticated<K::Yields>> + Send + 'static,
{
    fn into_call(self) -> Arc<Call<K>> {
        Arc::new(move |credential| {
            let outcome = self(credential);
            Box::pin(async move { outcome.await.into_authenticated() })
        })
    }
}

/// Those that an application's `Auth` was given, and whose word it takes: other origins, whose pages may send its cookies, and
/// proxies.
#[derive(Clone, Default)]
pub(crate) struct Authenticators {
    functions: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    trusted_origins: Vec<String>,
    proxies: Option<TrustedProxies>,
}

impl Authenticators {
    pub(crate) fn add<K: SecurityScheme>(&mut self, call: Arc<Call<K>>) {
        self.functions.insert(TypeId::of::<K>(), Arc::new(call));
    }

    pub(crate) fn trust(&mut self, origins: Vec<String>) {
        self.trusted_origins = origins;
    }

    pub(crate) fn trust_proxies(&mut self, proxies: Option<TrustedProxies>) {
        self.proxies = proxies;
    }

    pub(crate) fn client_address(&self, parts: &Parts) -> ClientAddress {
        address::of(parts, self.proxies.as_ref())
    }

    pub(crate) fn trusted_origins(&self) -> &[String] {
        &self.trusted_origins
    }

    fn get<K: SecurityScheme>(&self) -> Option<&Arc<Call<K>>> {
        self.functions.get(&TypeId::of::<K>())?.downcast_ref()
    }
}

impl fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} authenticators", self.functions.len())
    }
}

/// Whether credentials of `K` can be authenticated.
pub(crate) fn has_authenticator<K: SecurityScheme>(authenticators: &Authenticators) -> bool {
    !matches!(K::authenticator(), Authenticator::FromAuth) || authenticators.get::<K>().is_some()
}

/// Whether credentials of `K` are handed on, rather than looked at.
pub(super) fn hands_on<K: SecurityScheme>() -> bool {
    matches!(K::authenticator(), Authenticator::HandOn(_))
}

/// Asks whether what a scheme yields might be nobody.
pub struct Yielded<P>(PhantomData<fn() -> P>);

impl<P> Yielded<Option<P>> {
    /// It might.
    pub const MAYBE_NOBODY: bool = true;
}

impl Yielded<bool> {
    /// It might.
    pub const MAYBE_NOBODY: bool = true;
}

/// Every other type.
pub trait Somebody {
    /// It is somebody.
    const MAYBE_NOBODY: bool = false;
}

impl<P> Somebody for Yielded<P> {}

/// Refuses to compile a scheme that takes nobody for somebody.
///
/// # Panics
/// Where it does: the compiler evaluates it, and the panic is a compile error.
#[expect(clippy::panic, reason = "evaluated by the compiler alone: it becomes a compile error")]
pub const fn is_somebody(maybe_nobody: bool) {
    if maybe_nobody {
        panic!("an authenticator finds somebody or refuses: let it return an `Option`, and the field be what is in it");
    }
}

/// A credential that was found, and is right.
pub(crate) struct Found {
    /// The scheme's own type, with what it yields.
    pub(crate) value: Box<dyn Any + Send + Sync>,
    /// `None` where the credential is handed on as it is.
    pub(crate) scopes: Option<Vec<String>>,
}

/// Reads and authenticates the credential of one scheme.
pub(crate) type ReadScheme =
    for<'a> fn(&'static Scheme, &'a Authenticators, &'a Parts) -> Boxed<'a, Result<Option<Found>, Refusal>>;

/// [`ReadScheme`] for the scheme that `K` declares.
pub(crate) fn read<'a, K: SecurityScheme>(
    scheme: &'static Scheme,
    authenticators: &'a Authenticators,
    parts: &'a Parts,
) -> Boxed<'a, Result<Option<Found>, Refusal>> {
    Box::pin(async move {
        let wrong = |fault| Refusal::InvalidCredentials(scheme, fault);
        let Some(credential) = K::Credential::read(&scheme.place, parts).map_err(wrong)? else { return Ok(None) };
        let credential = credential.sent_from(authenticators.client_address(parts));
        let in_cookie = matches!(scheme.place, Place::ApiKey(KeyIn::Cookie, _));
        if in_cookie && cross_site::is_forgeable(parts, authenticators.trusted_origins()) {
            return Err(Refusal::CrossSite);
        }
        // What the application was given comes first: it is how a test replaces an authenticator.
        let call = match authenticators.get::<K>() {
            Some(call) => Arc::clone(call),
            None => match K::authenticator() {
                Authenticator::HandOn(hand_on) => {
                    return Ok(Some(Found { value: Box::new(K::of(hand_on(credential))), scopes: None }));
                }
                Authenticator::By(call) => call,
                Authenticator::FromAuth => {
                    tracing::error!(event = "scheme.no_authenticator", scheme = scheme.name());
                    return Err(Refusal::Unavailable);
                }
            },
        };
        match call(credential).await {
            Authenticated::Yes(Granted { principal, scopes }) => {
                Ok(Some(Found { value: Box::new(K::of(principal)), scopes: Some(scopes) }))
            }
            Authenticated::No(told) => Err(wrong(CredentialFault::Rejected(told))),
            Authenticated::Refused(refusal) => Err(refusal),
            Authenticated::Unavailable(error) => Err(crate::auth::unavailable("scheme.unavailable", &error)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{
        Authenticate, Authenticated, Authenticators, CredentialFault, Granted, IntoAuthenticated, Refusal, StoreError,
        hands_on, has_authenticator, read,
    };
    use crate::{scheme::scheme_of, secret::Secret};

    fn told(outcome: Authenticated<u8>) -> String {
        match outcome {
            Authenticated::Yes(Granted { principal, scopes }) => format!("{principal} {scopes:?}"),
            Authenticated::No(told) => format!("no {told:?}"),
            Authenticated::Unavailable(error) => format!("unavailable: {error}"),
            Authenticated::Refused(refusal) => format!("refused: {refusal}"),
        }
    }

    #[test]
    fn an_authenticator_says_yes_no_or_that_it_does_not_know() {
        let granted = || Granted::to(7).scopes(["a".to_owned()]);
        let down = || StoreError::new("down");
        for (outcome, expected) in [
            (Some(7).into_authenticated(), "7 []"),
            (None::<u8>.into_authenticated(), "no None"),
            (Some(granted()).into_authenticated(), r#"7 ["a"]"#),
            (None::<Granted<u8>>.into_authenticated(), "no None"),
            (Ok::<_, StoreError>(7).into_authenticated(), "7 []"),
            (Err::<u8, _>(down()).into_authenticated(), "unavailable: down"),
            (Ok::<_, StoreError>(Some(7)).into_authenticated(), "7 []"),
            (Ok::<_, StoreError>(None::<u8>).into_authenticated(), "no None"),
            (Err::<Option<u8>, _>(down()).into_authenticated(), "unavailable: down"),
            (Ok::<_, StoreError>(Some(granted())).into_authenticated(), r#"7 ["a"]"#),
            (Ok::<_, StoreError>(None::<Granted<u8>>).into_authenticated(), "no None"),
            (Err::<Option<Granted<u8>>, _>(down()).into_authenticated(), "unavailable: down"),
            (Ok::<_, Refusal>(7).into_authenticated(), "7 []"),
            (Err::<u8, _>(Refusal::BadLogin).into_authenticated(), "no None"),
            (Err::<u8, _>(Refusal::Unavailable).into_authenticated(), "refused: temporarily unavailable"),
            (Ok::<_, &'static str>(7).into_authenticated(), "7 []"),
            (Err::<u8, _>("gone").into_authenticated(), r#"no Some("gone")"#),
            (Ok::<_, &'static str>(granted()).into_authenticated(), r#"7 ["a"]"#),
            (Err::<Granted<u8>, _>("gone").into_authenticated(), r#"no Some("gone")"#),
            (Ok::<_, String>(7).into_authenticated(), "7 []"),
            (Err::<u8, _>("gone".to_owned()).into_authenticated(), r#"no Some("gone")"#),
            (Authenticated::Yes(granted()).into_authenticated(), r#"7 ["a"]"#),
        ] {
            let found = told(outcome);
            assert_eq!(found, expected);
        }
    }

    #[derive(crate::SecurityScheme, Clone)]
    #[security(api_key(header = "x-key"), authenticate)]
    struct Given(u8);

    #[derive(crate::SecurityScheme, Clone)]
    #[security(api_key(header = "x-key"), authenticate = nobody)]
    struct Declared(u8);

    #[derive(crate::SecurityScheme, Clone)]
    #[security(api_key(header = "x-key"))]
    struct HandedOn(Secret);

    #[derive(crate::SecurityScheme, Clone)]
    #[security(api_key(cookie = "key"), authenticate = seven)]
    struct InCookie(u8);

    #[derive(crate::SecurityScheme, Clone)]
    #[security(api_key(header = "x-key"), authenticate = seven)]
    struct InHeader(u8);

    async fn nobody(_: Secret) -> Option<u8> {
        None
    }

    async fn seven(_: Secret) -> Option<u8> {
        Some(7)
    }

    #[tokio::test]
    async fn what_the_application_is_given_comes_before_what_is_declared() {
        let parts = axum::http::Request::builder().header("x-key", "abc").body(()).unwrap().into_parts().0;
        let mut authenticators = Authenticators::default();
        assert!(!has_authenticator::<Given>(&authenticators));
        assert!(has_authenticator::<Declared>(&authenticators) && has_authenticator::<HandedOn>(&authenticators));
        assert!(hands_on::<HandedOn>() && !hands_on::<Declared>() && !hands_on::<Given>());
        let asked = read::<Given>(scheme_of::<Given>(), &authenticators, &parts).await;
        assert_eq!(asked.err(), Some(Refusal::Unavailable), "nobody can say");
        let asked = read::<Declared>(scheme_of::<Declared>(), &authenticators, &parts).await;
        assert!(matches!(asked.err(), Some(Refusal::InvalidCredentials(_, CredentialFault::Rejected(None)))));

        authenticators.add::<Given>(Authenticate::<Given>::into_call(seven));
        authenticators.add::<Declared>(Authenticate::<Declared>::into_call(seven));
        assert_eq!(format!("{authenticators:?}"), "2 authenticators");
        assert!(has_authenticator::<Given>(&authenticators));
        let found = read::<Given>(scheme_of::<Given>(), &authenticators, &parts).await;
        let found = found.ok().flatten().unwrap();
        assert_eq!((found.value.downcast_ref::<Given>().unwrap().0, found.scopes), (7, Some(Vec::new())));
        let found = read::<Declared>(scheme_of::<Declared>(), &authenticators, &parts).await;
        assert_eq!(found.ok().flatten().unwrap().value.downcast_ref::<Declared>().unwrap().0, 7);
        let found = read::<HandedOn>(scheme_of::<HandedOn>(), &authenticators, &parts).await;
        let found = found.ok().flatten().unwrap();
        assert_eq!((found.value.downcast_ref::<HandedOn>().unwrap().0.expose(), found.scopes), ("abc", None));
        let without = axum::http::Request::new(()).into_parts().0;
        let found = read::<Given>(scheme_of::<Given>(), &authenticators, &without).await;
        assert!(found.is_ok_and(|found| found.is_none()));
    }

    #[tokio::test]
    async fn a_cookie_that_another_site_sends_is_refused_and_a_header_cannot_be_sent_by_one() {
        let request = axum::http::Request::post("/").header("x-key", "abc").header("cookie", "key=abc");
        let request = request.header("origin", "https://admin.example").body(()).unwrap();
        let parts = request.into_parts().0;
        let mut authenticators = Authenticators::default();
        assert_eq!(authenticators.trusted_origins(), [""; 0]);
        let found = read::<InCookie>(scheme_of::<InCookie>(), &authenticators, &parts).await;
        assert_eq!(found.err(), Some(Refusal::CrossSite));
        let found = read::<InHeader>(scheme_of::<InHeader>(), &authenticators, &parts).await;
        assert_eq!(found.ok().flatten().unwrap().value.downcast_ref::<InHeader>().unwrap().0, 7);
        authenticators.trust(vec!["https://admin.example".to_owned()]);
        let found = read::<InCookie>(scheme_of::<InCookie>(), &authenticators, &parts).await;
        assert_eq!(found.ok().flatten().unwrap().value.downcast_ref::<InCookie>().unwrap().0, 7);
    }
}
