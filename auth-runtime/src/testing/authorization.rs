//! Authorization tests that nobody writes: every route is asked by every kind of caller that its policy tells apart, and
//! the answer is compared with what the declaration says.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::{
    Router,
    http::{Method, request::Parts},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{TestApp, TestRequest, refusal_of};
use crate::{
    auth::Auth,
    endpoint::Takes,
    error::Refusal,
    guard::decide,
    openapi::{Describe, Listed},
    policy::{Caller, Facts, KnownUser, Presented},
    router::{RouterError, SecureRouter},
    scheme::{KeyIn, Place, Scheme, SecurityScheme},
    token::{AccessClaims, TokenFault, TokenRequest},
    user::AuthUser,
};

/// Asks every route of an application as nobody, with garbage, with an expired token, as users of every kind, without each
/// scope that is asked for, and with everything; and reports each answer that the declaration does not predict.
///
/// Handlers run, with empty bodies, for the callers who may call them: give it a store of its own.
///
/// ```
/// use auth_runtime::{prelude::*, testing::AuthorizationTest};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password)]
/// # struct User { #[auth(username)] name: String, #[auth(disabled)] disabled: bool }
///
/// #[get("/greeting")]
/// #[requires_active_user]
/// async fn greeting(user: User) -> String {
///     format!("Hello, {}.", user.name)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let users = MemoryUsers::from_iter([
///     User { name: "john".to_owned(), disabled: false },
///     User { name: "alice".to_owned(), disabled: true },
/// ]);
/// # let key = SigningKey::generate(&auth_runtime::Randomness::default())?;
/// let auth = Auth::builder(users).signing_key(key).build()?;
/// let app = SecureRouter::new().mount(greeting).with_state(auth.clone());
///
/// AuthorizationTest::new(&auth, app)?.user("john").user("alice").run().await.assert();
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked before `.run().await`"]
pub struct AuthorizationTest<U> {
    auth: Auth<U>,
    app: TestApp,
    declared: Vec<Listed>,
    users: Vec<String>,
    credentials: Vec<(Scheme, String)>,
    parameters: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    requests: usize,
    routes: usize,
    /// Each in words.
    surprises: Vec<String>,
}

/// What a caller shows in place of an access token.
#[derive(Clone)]
enum Token {
    None,
    Garbage,
    Expired,
    UnknownUser,
    Of { username: String, scopes: Vec<String> },
}

/// What a caller shows for a scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Wrong,
    Right,
}

/// One kind of caller.
#[derive(Clone)]
struct Kind {
    token: Token,
    schemes: Vec<(&'static Scheme, Shown)>,
}

enum Expected {
    Allowed,
    Refused(Refusal),
}

impl<U: AuthUser> AuthorizationTest<U> {
    /// Of the routes that `auth` guards, as `router` declares and serves them.
    ///
    /// # Errors
    /// As [`SecureRouter::into_router`].
    pub fn new(auth: &Auth<U>, router: SecureRouter) -> Result<Self, RouterError> {
        let declared = router.listed();
        Ok(Self {
            auth: auth.clone(),
            app: TestApp::new(router)?,
            declared,
            users: Vec::new(),
            credentials: Vec::new(),
            parameters: BTreeMap::new(),
        })
    }

    /// Served by this, in which the router is: what an outer layer or a route beside it makes of the declaration is found.
    pub fn served_by(mut self, app: Router) -> Self {
        self.app = TestApp::plain(app);
        self
    }

    /// A user of the store. Name one of each kind: an active one, a disabled one, one of each role.
    pub fn user(mut self, username: &str) -> Self {
        self.users.push(username.to_owned());
        self
    }

    /// The right credential for a scheme: the key, the token, what follows the HTTP scheme, or `name:password` for Basic.
    pub fn credential<K: SecurityScheme>(mut self, credential: &str) -> Self {
        self.credentials.push((K::SCHEME, credential.to_owned()));
        self
    }

    /// The value of a parameter of paths; `1` by default.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Asks.
    pub async fn run(self) -> Report {
        let mut report = Report { requests: 0, routes: 0, surprises: Vec::new() };
        for listed in self.declared.iter().filter(|listed| self.is_ours(listed)) {
            report.routes += 1;
            let kinds = self.kinds(listed, &mut report.surprises);
            for kind in kinds {
                report.requests += 1;
                report.surprises.extend(self.ask(listed, &kind).await);
            }
        }
        if report.routes == 0 {
            report.surprises.push("no route was asked: the router has none that this `Auth` guards".to_owned());
        }
        report
    }

    /// Guarded by this `Auth`, or by nothing.
    fn is_ours(&self, listed: &Listed) -> bool {
        let mut description = Describe::default();
        (listed.route.describe)(&mut description);
        let ours = listed.answers.as_ref().is_none_or(|answers| Arc::ptr_eq(answers, &self.auth.shared_answers()));
        ours && description.login.is_none()
    }

    /// The kinds of callers that the rules of a route tell apart.
    fn kinds(&self, listed: &Listed, surprises: &mut Vec<String>) -> Vec<Kind> {
        let rules = listed.rules();
        let mut schemes: Vec<&'static Scheme> = rules.schemes();
        schemes.extend(listed.takes.iter().filter_map(|takes| match takes {
            Takes::OptionalScheme(scheme) => Some(*scheme),
            _ => None,
        }));
        let mut tokens = vec![Token::None];
        // Where a scheme reads the same header, it is the scheme's garbage.
        if uses_token(listed) || !schemes.iter().any(|scheme| in_authorization(scheme)) {
            tokens.push(Token::Garbage);
        }
        if uses_token(listed) {
            tokens.extend([Token::Expired, Token::UnknownUser]);
            let asked_for: Vec<String> = rules.scopes().iter().map(|scope| scope.as_str().to_owned()).collect();
            if self.users.is_empty() {
                surprises.push(format!("{}: no user was named to ask it as: add `.user(\"..\")`", title(listed)));
            }
            for username in &self.users {
                let of = |scopes: Vec<String>| Token::Of { username: username.clone(), scopes };
                tokens.push(of(asked_for.clone()));
                let without = |missing: &String| asked_for.iter().filter(|scope| *scope != missing).cloned().collect();
                tokens.extend(asked_for.iter().map(|missing| of(without(missing))));
                if asked_for.len() > 1 {
                    tokens.push(of(Vec::new()));
                }
            }
        }
        let mut kinds: Vec<Kind> = tokens.into_iter().map(|token| Kind { token, schemes: Vec::new() }).collect();
        for scheme in schemes {
            if !self.credentials.iter().any(|(present, _)| present == scheme) {
                let name = scheme.name();
                surprises.push(format!(
                    "{}: no credential of {name} was given to ask it with: add `.credential::<{name}>(\"..\")`",
                    title(listed)
                ));
            }
            // Two credentials cannot be in one header.
            let both = |kind: &Kind| {
                let others =
                    kind.schemes.iter().any(|(other, shown)| *shown != Shown::Nothing && in_authorization(other));
                in_authorization(scheme) && (others || !matches!(kind.token, Token::None))
            };
            let with = |kind: &Kind, shown: Shown| {
                let mut kind = kind.clone();
                kind.schemes.push((scheme, shown));
                kind
            };
            kinds = kinds
                .iter()
                .flat_map(|kind| {
                    let shown: &[Shown] =
                        if both(kind) { &[Shown::Nothing] } else { &[Shown::Nothing, Shown::Wrong, Shown::Right] };
                    shown.iter().map(|shown| with(kind, *shown)).collect::<Vec<_>>()
                })
                .collect();
        }
        kinds
    }

    /// Asks a route as one kind of caller. Gives what is surprising about the answer.
    async fn ask(&self, listed: &Listed, kind: &Kind) -> Option<String> {
        let request = match self.request(listed, kind).await {
            Ok(request) => request,
            Err(problem) => return Some(format!("{}, {kind}: {problem}", title(listed))),
        };
        let parts = request.parts();
        let expected = self.expected(listed, kind, &parts).await;
        let response = request.send_raw().await;
        let (status, refusal) = (response.status(), refusal_of(&response));
        let by_a_rule =
            |refusal: &Refusal| listed.options.has_rules() && matches!(refusal, Refusal::Forbidden | Refusal::Hidden);
        let surprise = match (&expected, refusal) {
            // A login form, which the handler may ask for, was not sent.
            (Expected::Allowed, None | Some(Refusal::BadForm(_))) => return None,
            (Expected::Allowed, Some(refusal)) if by_a_rule(refusal) => return None,
            (Expected::Refused(expected), Some(refusal)) if expected == refusal => return None,
            (Expected::Allowed, Some(refusal)) => format!("is refused ({refusal}), and may call it"),
            (Expected::Refused(expected), Some(refusal)) => {
                format!("is refused for {refusal}, and should be for {expected}")
            }
            (Expected::Refused(expected), None) => {
                format!("is LET IN, answered with {status}, and may not call it ({expected})")
            }
        };
        Some(format!("{}, which asks for {}: {kind} {surprise}", title(listed), listed.rules()))
    }

    async fn request(&self, listed: &Listed, kind: &Kind) -> Result<TestRequest, String> {
        let mut path = path_of(&listed.path, &self.parameters);
        let mut headers: Vec<(String, String)> = Vec::new();
        for (scheme, shown) in &kind.schemes {
            let right =
                self.credentials.iter().find(|(present, _)| present == *scheme).map(|(_, credential)| credential);
            let credential = match (shown, right) {
                (Shown::Nothing, _) | (Shown::Right, None) => continue,
                (Shown::Right, Some(credential)) => credential.clone(),
                // What no authenticator looks at is wrong only where it cannot be read.
                (Shown::Wrong, _) if self.hands_on(scheme) => String::new(),
                (Shown::Wrong, _) => "garbage:garbage".to_owned(),
            };
            match scheme.place {
                Place::ApiKey(KeyIn::Header, name) => headers.push((name.to_owned(), credential)),
                Place::ApiKey(KeyIn::Cookie, name) => {
                    headers.push(("cookie".to_owned(), format!("{name}={credential}")));
                }
                Place::ApiKey(KeyIn::Query, name) => {
                    let separator = if path.contains('?') { '&' } else { '?' };
                    path += &format!("{separator}{name}={}", utf8_percent_encode(&credential, NON_ALPHANUMERIC));
                }
                Place::Http { scheme: word, .. } => {
                    let basic = word.eq_ignore_ascii_case("basic") && !credential.is_empty();
                    let text = if basic { BASE64_STANDARD.encode(credential) } else { credential };
                    headers.push(("authorization".to_owned(), format!("{word} {text}")));
                }
                Place::OAuth2(..) | Place::OpenIdConnect(_) => {
                    headers.push(("authorization".to_owned(), format!("Bearer {credential}")));
                }
            }
        }
        if let Some(token) = self.token(&kind.token).await? {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        let method = Method::from_bytes(listed.route.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self.app.request(if listed.route.method == "ANY" { Method::GET } else { method }, &path);
        if listed.route.websocket {
            for (name, value) in [
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ] {
                request = request.header(name, value);
            }
        }
        Ok(headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    /// The text of a token; `None` where none is shown, or no such token can be made.
    async fn token(&self, token: &Token) -> Result<Option<String>, String> {
        let issue = async |username: &str, scopes: &[String]| {
            let issued = self.auth.issue_token(TokenRequest::new(username, scopes)).await;
            issued
                .map(|issued| Some(issued.token.expose().to_owned()))
                .map_err(|error| format!("no token could be issued: {error}"))
        };
        match token {
            Token::None => Ok(None),
            Token::Garbage => Ok(Some("garbage".to_owned())),
            Token::Expired => {
                let username = self.users.first().map_or("nobody", String::as_str);
                Ok(self
                    .auth
                    .issue_expired_token(TokenRequest::new(username, &[]))
                    .map(|token| token.expose().to_owned()))
            }
            Token::UnknownUser => issue(UNKNOWN_USER, &[]).await,
            Token::Of { username, scopes } => issue(username, scopes).await,
        }
    }

    fn hands_on(&self, scheme: &Scheme) -> bool {
        (scheme.hands_on)()
    }

    /// What the declaration says of this caller.
    async fn expected(&self, listed: &Listed, kind: &Kind, parts: &Parts) -> Expected {
        match self.decide(listed, kind, parts).await {
            Ok(()) => Expected::Allowed,
            Err(_) if listed.options.observed => Expected::Allowed,
            Err(refusal) => Expected::Refused(refusal),
        }
    }

    async fn decide(&self, listed: &Listed, kind: &Kind, parts: &Parts) -> Result<(), Refusal> {
        let rules = listed.rules();
        let takes = |wanted: Takes| listed.takes.contains(&wanted);
        let wants_user = rules.needs_user() || takes(Takes::User) || takes(Takes::OptionalUser);
        let (mut claims, mut user) = (None, None);
        if uses_token(listed) {
            match &kind.token {
                Token::None => {}
                // An application's own format may take what looks like garbage for a token.
                Token::Garbage => {
                    let found = self.auth.verify_token("garbage").await?;
                    if wants_user {
                        let known = self.auth.find_user(&found.subject).await?;
                        user = Some(known.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?);
                    }
                    claims = Some(found);
                }
                Token::Expired => {
                    if let Ok(Some(_)) = self.token(&kind.token).await {
                        return Err(Refusal::InvalidToken(TokenFault::Expired));
                    }
                }
                Token::UnknownUser if wants_user => return Err(Refusal::InvalidToken(TokenFault::UnknownUser)),
                Token::UnknownUser => claims = Some(Arc::new(AccessClaims::new(UNKNOWN_USER))),
                Token::Of { username, scopes } => {
                    claims = Some(Arc::new(AccessClaims::new(username).scopes(scopes)));
                    if wants_user {
                        let found = self.auth.find_user(username).await?;
                        user = Some(found.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?);
                    }
                }
            }
        }
        let mut presented = Vec::new();
        for (scheme, shown) in &kind.schemes {
            if *shown == Shown::Nothing {
                continue;
            }
            if let Some(found) = (scheme.read)(scheme, self.auth.authenticators(), parts).await? {
                presented.push(Presented { scheme, scopes: found.scopes });
            }
        }
        let known = user.as_ref().map(|user| user as &dyn KnownUser);
        let facts = Facts { token: claims.as_deref(), user: known, schemes: &presented };
        decide(rules, facts, Caller { parts, token: claims.as_deref(), user: known }).await?;
        let optional_only = takes(Takes::OptionalUser) && !listed.policy.implies_token();
        if optional_only && user.as_ref().is_some_and(AuthUser::is_disabled) {
            return Err(Refusal::Inactive);
        }
        Ok(())
    }
}

/// A name that no user has.
const UNKNOWN_USER: &str = "nobody-whom-the-store-could-know";

fn uses_token(listed: &Listed) -> bool {
    let takes =
        |takes: &Takes| matches!(takes, Takes::User | Takes::OptionalUser | Takes::Token | Takes::OptionalToken);
    listed.rules().needs_token() || listed.takes.iter().any(takes)
}

fn in_authorization(scheme: &Scheme) -> bool {
    !matches!(scheme.place, Place::ApiKey(..))
}

fn title(listed: &Listed) -> String {
    format!("{} {}", listed.route.method, listed.path)
}

/// The path with values in place of its parameters.
fn path_of(path: &str, parameters: &BTreeMap<String, String>) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => {
            let value = parameters.get(name.trim_start_matches('*')).map_or("1", String::as_str);
            utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
        }
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.token {
            Token::None => f.write_str("nobody")?,
            Token::Garbage => f.write_str("somebody with garbage for a token")?,
            Token::Expired => f.write_str("somebody with an expired token")?,
            Token::UnknownUser => f.write_str("somebody with a token of a user who does not exist")?,
            Token::Of { username, scopes } if scopes.is_empty() => write!(f, "{username} without scopes")?,
            Token::Of { username, scopes } => write!(f, "{username} with {}", scopes.join(", "))?,
        }
        for (scheme, shown) in &self.schemes {
            match shown {
                Shown::Nothing => {}
                Shown::Wrong => write!(f, ", with a wrong {}", scheme.name())?,
                Shown::Right => write!(f, ", with a right {}", scheme.name())?,
            }
        }
        Ok(())
    }
}

impl Report {
    /// How many requests were made.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// How many routes were asked.
    #[must_use]
    pub fn routes(&self) -> usize {
        self.routes
    }

    /// The answers that the declaration does not predict, each in words.
    #[must_use]
    pub fn surprises(&self) -> &[String] {
        &self.surprises
    }

    /// Fails the test if there is a surprise.
    ///
    /// # Panics
    /// With all of them.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.surprises.is_empty(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests to {} routes", self.requests, self.routes)?;
        self.surprises.iter().try_for_each(|surprise| write!(f, "\n- {surprise}"))
    }
}

impl<U> fmt::Debug for AuthorizationTest<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationTest").field("users", &self.users).finish_non_exhaustive()
    }
}
