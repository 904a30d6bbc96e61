//! Security schemes: where in a request a credential is, and whose it is. A scheme knows nothing of users.

mod authenticate;
mod authorization;
pub(crate) mod bearer;
mod credential;
pub(crate) mod cross_site;

use std::{any::TypeId, fmt};

pub use self::{
    authenticate::{Authenticate, Authenticator, Granted, IntoAuthenticated, Somebody, Yielded, is_somebody},
    credential::{AuthorizationHeader, BasicCredentials, Credential, CredentialFault, HttpCredentials},
};
pub(crate) use self::{
    authenticate::{Authenticators, ReadScheme, has_authenticator, read},
    credential::client_credentials,
};
use crate::{policy::TypeName, scope::RequestedScope};

/// A way to present a credential, declared by `#[derive(SecurityScheme)]` and a word of `#[requires(..)]`.
///
/// ```
/// use auth_runtime::prelude::*;
///
/// /// The key that you got when you registered.
/// #[derive(SecurityScheme, Clone)]
/// #[security(api_key(header = "x-api-key"), authenticate = find)]
/// struct ApiKey(String);
///
/// async fn find(key: Secret) -> Option<String> {
///     (key == Secret::new("looked up in a store")).then(|| "billing".to_owned())
/// }
///
/// /// How much of your quota is left.
/// #[get("/quota")]
/// #[requires(ApiKey)]
/// async fn quota(ApiKey(client): ApiKey) -> String {
///     format!("{client} has plenty")
/// }
/// ```
///
/// The field says what a handler is given: whose the credential is or, without an authenticator, the credential as it came,
/// which anybody can send. Then the handler takes it, and checks it.
pub trait SecurityScheme: Clone + Send + Sync + 'static {
    /// The field: a credential, or what the authenticator makes of one.
    type Yields: Send + 'static;

    /// What is read from the request.
    type Credential: Credential;

    /// How it is declared.
    const SCHEME: Scheme;

    /// With this in its field.
    fn of(yields: Self::Yields) -> Self;

    /// What is in the field. That it is read here keeps the compiler from taking it for dead in a scheme whose credential
    /// nobody takes.
    fn yields(&self) -> &Self::Yields;

    /// The authenticator that is declared with it, if one is.
    fn authenticator() -> Authenticator<Self>;
}

/// A [`SecurityScheme`] whose credentials are checked.
#[diagnostic::on_unimplemented(
    message = "the credentials of `{Self}` are handed on, and not checked",
    label = "an authenticator would never be asked",
    note = "write `authenticate` into its #[security(..)]: `#[security(basic, authenticate)] struct Member(String);`"
)]
pub trait Authenticates: SecurityScheme {}

/// A declared security scheme, as policies and documents refer to it.
#[derive(Clone, Copy)]
pub struct Scheme {
    pub(crate) type_name: TypeName,
    pub(crate) id: fn() -> TypeId,
    pub(crate) read: ReadScheme,
    pub(crate) has_authenticator: fn(&Authenticators) -> bool,
    pub(crate) hands_on: fn() -> bool,
    pub(crate) place: Place,
    pub(crate) shown_as: Option<&'static str>,
    pub(crate) description: &'static str,
    pub(crate) realm: Option<&'static str>,
    pub(crate) bearer_format: Option<&'static str>,
}

/// Where the credential is, and what the document says of it.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// `Authorization`, with this scheme (RFC 9110 section 11.4), or with any.
    Http {
        /// The scheme.
        scheme: &'static str,
        /// Whether another word in its place will do.
        any_scheme: bool,
    },
    /// A header, a parameter of the query, or a cookie of this name.
    ApiKey(KeyIn, &'static str),
    /// `Authorization: Bearer`, with a token that is had by one of these flows (RFC 6749).
    OAuth2(&'static [Flow], fn() -> Vec<(&'static str, &'static str)>),
    /// `Authorization: Bearer`, with a token of the provider whose discovery document is at this URL.
    OpenIdConnect(&'static str),
}

/// Which part of a request holds an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIn {
    /// A header.
    Header,
    /// A parameter of the query.
    Query,
    /// A cookie.
    Cookie,
}

/// A flow of OAuth 2.0, with its URLs; empty where the flow has none.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// Which one.
    pub kind: FlowKind,
    /// Where the user agrees.
    pub authorization_url: &'static str,
    /// Where tokens are had.
    pub token_url: &'static str,
    /// Where tokens are renewed, if that is another place.
    pub refresh_url: Option<&'static str>,
}

/// Which flow of OAuth 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowKind {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 4.2.
    Implicit,
    /// RFC 6749 section 4.3.
    Password,
    /// RFC 6749 section 4.4.
    ClientCredentials,
}

impl Scheme {
    /// The scheme that the type `K` declares.
    #[must_use]
    pub const fn new<K: SecurityScheme>(type_name: TypeName, place: Place, description: &'static str) -> Self {
        Self {
            type_name,
            id: TypeId::of::<K>,
            read: read::<K>,
            has_authenticator: has_authenticator::<K>,
            hands_on: authenticate::hands_on::<K>,
            place,
            shown_as: None,
            description,
            realm: None,
            bearer_format: None,
        }
    }

    /// Under this name in documents.
    #[must_use]
    pub const fn shown_as(self, name: &'static str) -> Self {
        Self { shown_as: Some(name), ..self }
    }

    /// With this realm, instead of the application's.
    #[must_use]
    pub const fn realm(self, realm: &'static str) -> Self {
        Self { realm: Some(realm), ..self }
    }

    /// With tokens of this format, for the reader of the document.
    #[must_use]
    pub const fn bearer_format(self, format: &'static str) -> Self {
        Self { bearer_format: Some(format), ..self }
    }

    /// Its name in documents and access tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.shown_as {
            Some(name) => name,
            None => self.type_name.name,
        }
    }

    /// The scheme that a challenge names.
    pub(crate) fn challenge_scheme(&self) -> &'static str {
        match self.place {
            Place::Http { scheme, .. } => scheme,
            Place::ApiKey(..) => "APIKey",
            Place::OAuth2(..) | Place::OpenIdConnect(_) => "Bearer",
        }
    }
}

const fn is_basic(scheme: &str) -> bool {
    matches!(scheme.as_bytes(), b"Basic")
}

/// Refuses to compile a scheme whose field is another credential than is there.
///
/// # Panics
/// Where it does: the compiler evaluates it, and the panic is a compile error.
#[expect(clippy::panic, reason = "evaluated by the compiler alone: it becomes a compile error")]
pub const fn reads<K: SecurityScheme>() {
    let reads = K::Credential::READS;
    let fits = match K::SCHEME.place {
        Place::ApiKey(..) => reads.api_key,
        Place::Http { scheme, .. } if is_basic(scheme) => reads.basic,
        Place::Http { any_scheme: true, .. } => reads.http || reads.whole_header,
        Place::Http { .. } => reads.http,
        Place::OAuth2(..) | Place::OpenIdConnect(_) => reads.token || reads.whole_header,
    };
    if !fits {
        panic!(
            "this scheme has no such credential: `basic` has `BasicCredentials`; API keys are a `Secret`; of the others, `Secret` is the token, `HttpCredentials` are scheme and token, and `AuthorizationHeader` is the whole header, for `oauth2`, `open_id_connect` and `any_scheme`"
        );
    }
}

/// The scheme that the type `K` declares.
#[must_use]
pub const fn scheme_of<K: SecurityScheme>() -> &'static Scheme {
    const { &K::SCHEME }
}

/// The scopes that a document lists for an OAuth2 scheme.
#[must_use]
pub fn known_scopes<S: RequestedScope>() -> Vec<(&'static str, &'static str)> {
    S::known()
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Self) -> bool {
        (self.id)() == (other.id)()
    }
}

impl Eq for Scheme {}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme").field("name", &self.name()).field("place", &self.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use super::*;
    use crate::secret::Secret;

    const NAME: TypeName = TypeName { module: "schemes", name: "Key" };
    const PLACES: [Place; 7] = [
        Place::ApiKey(KeyIn::Header, "x-key"),
        Place::Http { scheme: "Basic", any_scheme: false },
        Place::Http { scheme: "Digest", any_scheme: false },
        Place::Http { scheme: "Digest", any_scheme: true },
        Place::Http { scheme: "Basic", any_scheme: true },
        Place::OAuth2(&[], Vec::new),
        Place::OpenIdConnect("https://provider.example"),
    ];

    /// A scheme whose credential is at the place of this number, as the derive would not write it.
    #[derive(Clone)]
    struct At<C, const PLACE: usize>(PhantomData<fn() -> C>);

    impl<C: Credential, const PLACE: usize> SecurityScheme for At<C, PLACE> {
        type Yields = C;
        type Credential = C;

        const SCHEME: Scheme = Scheme::new::<Self>(NAME, PLACES[PLACE], "");

        fn of(_: C) -> Self {
            Self(PhantomData)
        }

        fn yields(&self) -> &C {
            unreachable!("nothing is read")
        }

        fn authenticator() -> Authenticator<Self> {
            Authenticator::HandOn(|credential| credential)
        }
    }

    /// At which of the places it compiles.
    fn fits<C: Credential>() -> [bool; 7] {
        [
            reads::<At<C, 0>>,
            reads::<At<C, 1>>,
            reads::<At<C, 2>>,
            reads::<At<C, 3>>,
            reads::<At<C, 4>>,
            reads::<At<C, 5>>,
            reads::<At<C, 6>>,
        ]
        .map(|compiles| std::panic::catch_unwind(compiles).is_ok())
    }

    #[test]
    fn a_credential_is_no_field_of_a_scheme_that_has_none_like_it() {
        assert_eq!(fits::<Secret>(), [true, false, true, true, false, true, true]);
        assert_eq!(fits::<BasicCredentials>(), [false, true, false, false, true, false, false]);
        assert_eq!(fits::<HttpCredentials>(), [false, false, true, true, false, true, true]);
        assert_eq!(fits::<AuthorizationHeader>(), [false, false, false, true, false, true, true]);
    }

    #[test]
    fn the_scopes_of_an_enum_are_known_and_free_text_is_not() {
        #[derive(crate::Scope, Clone, Copy, PartialEq, Eq, Debug)]
        enum Shop {
            /// Read items.
            #[scope("items")]
            Items,
        }

        assert_eq!(known_scopes::<Shop>(), [(crate::Scope::as_str(&Shop::Items), "Read items.")]);
        assert_eq!(known_scopes::<String>(), []);
    }

    #[test]
    fn an_authenticator_that_may_find_nobody_does_not_compile() {
        assert!(std::panic::catch_unwind(|| is_somebody(true)).is_err());
        is_somebody(false);
    }

    #[test]
    fn a_scheme_is_what_its_type_is_and_shows_what_it_is_given() {
        let [key, other] = [scheme_of::<At<Secret, 0>>(), scheme_of::<At<Secret, 5>>()];
        assert!(key == scheme_of::<At<Secret, 0>>() && key != other);
        assert_eq!(key.name(), "Key");
        let shown = key.shown_as("ApiKey").realm("keys").bearer_format("JWT");
        assert_eq!((shown.name(), shown.realm, shown.bearer_format), ("ApiKey", Some("keys"), Some("JWT")));
        assert_eq!(format!("{shown:?}"), r#"Scheme { name: "ApiKey", place: ApiKey(Header, "x-key"), .. }"#);
        let challenges = [key, other, scheme_of::<At<HttpCredentials, 2>>()].map(Scheme::challenge_scheme);
        assert_eq!(challenges, ["APIKey", "Bearer", "Digest"]);
        assert!((key.hands_on)());
    }
}
