use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response as HttpResponse, StatusCode, header, request::Parts},
    response::Response,
};
use serde::Serialize;

use super::{
    GrantFault, Refusal, Refused, Rejection,
    body::{FastApiDetail, OAuthError, Problem},
    challenge::Challenge,
    refused::{accepts_html, in_query},
};
use crate::{
    form::FormFault,
    policy::{Policy, Requirement, Rules},
    scheme::{CredentialFault, KeyIn, Place, Scheme, bearer},
    session_cookie::{self, Next},
    token::TokenFault,
    watch::Watch,
};

/// How requests are refused and logins answered.
///
/// ```
/// # use auth_runtime::prelude::*;
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String }
/// # let key = SigningKey::generate(&auth_runtime::Randomness::default())?;
/// let auth = Auth::builder(MemoryUsers::<User>::new()).signing_key(key).profile(Profile::FastApi).build()?;
/// assert_eq!(auth.answers().profile(), Profile::FastApi);
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// As the RFCs say: 6749 and 6750, with problem details (RFC 9457).
    #[default]
    Standard,
    /// As FastAPI's security chapter answers, for teams that move an API without touching its clients.
    FastApi,
}

/// Turns refusals into responses, for one application. What the document says of refusals comes from here too.
#[derive(Debug, Clone)]
pub struct Answers {
    pub(crate) profile: Profile,
    /// Quotable, as the builder has checked.
    pub(crate) realm: String,
    /// [`Profile::FastApi`] only: the status of a wrong username or password.
    pub(crate) bad_login: StatusCode,
    /// [`Profile::FastApi`] only: what a bad token is told.
    pub(crate) invalid_token: String,
    /// The name of the access token's scheme in documents.
    pub(crate) token_scheme: String,
    /// Where people log in.
    pub(crate) login_page: Option<String>,
    /// Whether a session may be in a cookie.
    pub(crate) session_cookie: bool,
    /// Whether a token response has a refresh token.
    pub(crate) refresh_tokens: bool,
    /// Whether clients are registered.
    pub(crate) has_clients: bool,
    /// How many code points a new password has at least.
    pub(crate) least_password: usize,
    /// The authorization server's name, where it has one.
    pub(crate) issuer: Option<String>,
    /// The application's own answers, and the statuses that they have.
    pub(crate) refuse: Option<OwnAnswer>,
    /// Who is told of each decision.
    pub(crate) watch: Watch,
    /// The answer to a request without a token, made once.
    pub(crate) no_token: OnceLock<Arc<Kept>>,
}

/// A response in its parts.
#[derive(Debug, Clone)]
struct Prepared {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    fn respond(self) -> Response {
        let mut response = HttpResponse::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The answer to a request without a token: made once, and copied each time. A copy of a header map has no room to spare, and would
/// grow as soon as axum adds the length of the body; to put the headers into a larger one costs more than the copy. What is here in
/// the length's place makes room, and is taken out.
#[derive(Debug)]
pub(crate) struct Kept(Prepared);

impl Kept {
    pub(super) const REFUSAL: Refusal = Refusal::NoCredentials;

    fn new(mut answer: Prepared) -> Self {
        answer.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static(""));
        Self(answer)
    }

    pub(super) fn respond(&self) -> Response {
        let mut copy = self.0.clone();
        copy.headers.remove(header::CONTENT_LENGTH);
        copy.respond()
    }
}

/// An application's own answer to refusals, and the statuses that it has.
#[derive(Clone)]
pub(crate) struct OwnAnswer {
    pub(crate) statuses: &'static [StatusCode],
    pub(crate) refuse: Arc<OwnRefuse>,
}

type OwnRefuse = dyn Fn(&Refused<'_>) -> Option<Response> + Send + Sync;

impl fmt::Debug for OwnAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnAnswer").field("statuses", &self.statuses).finish_non_exhaustive()
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            profile: Profile::Standard,
            realm: "api".to_owned(),
            bad_login: StatusCode::BAD_REQUEST,
            invalid_token: "Could not validate credentials".to_owned(),
            token_scheme: TOKEN_SCHEME.to_owned(),
            login_page: None,
            session_cookie: false,
            refresh_tokens: false,
            has_clients: false,
            least_password: 0,
            issuer: None,
            refuse: None,
            watch: Watch::default(),
            no_token: OnceLock::new(),
        }
    }
}

/// FastAPI's class, under which its clients know it.
const TOKEN_SCHEME: &str = "OAuth2PasswordBearer";

/// Rules without a scheme, of which the answer to a stranger says no more than that a token is missing.
const ANY_TOKEN: Rules<'static> = Rules::of(Policy::all(&[Requirement::Token]));

impl Answers {
    /// The profile.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The media type of a refusal's body, outside a token endpoint.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.profile {
            Profile::Standard => "application/problem+json",
            Profile::FastApi => "application/json",
        }
    }

    /// The response to a refused request, as the profile has it.
    #[must_use]
    pub fn respond(&self, refusal: &Refusal, policy: &Policy) -> Response {
        self.answer(refusal, Rules::of(*policy))
    }

    pub(crate) fn answer(&self, refusal: &Refusal, rules: Rules<'_>) -> Response {
        match self.kept(refusal, rules) {
            Some(kept) => kept.respond(),
            None => self.prepare(refusal, rules).respond(),
        }
    }

    /// The answer, if it is one that is made once.
    fn kept(&self, refusal: &Refusal, rules: Rules<'_>) -> Option<&Arc<Kept>> {
        // Without a scheme, whatever the rules are, it is a token that is missing.
        let no_token = matches!(refusal, Refusal::NoCredentials) && rules.schemes().is_empty();
        no_token.then(|| self.no_token.get_or_init(|| Arc::new(Kept::new(self.prepare(&Kept::REFUSAL, ANY_TOKEN)))))
    }

    fn prepare(&self, refusal: &Refusal, rules: Rules<'_>) -> Prepared {
        let mut answer = match self.profile {
            Profile::Standard => self.standard(refusal, rules),
            Profile::FastApi => self.fastapi(refusal, rules),
        };
        for challenge in self.challenges(refusal, rules) {
            answer.headers.append(header::WWW_AUTHENTICATE, challenge);
        }
        // A refusal tells of one caller at one time; nobody may keep it.
        no_store(&mut answer.headers);
        match refusal {
            Refusal::Unavailable => answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            Refusal::TooManyAttempts(wait) => answer.headers.insert(header::RETRY_AFTER, (*wait).into()),
            _ => None,
        };
        answer
    }

    /// The response to a refused request: the policy's own, the application's own, or the profile's.
    pub(crate) fn reject(&self, refusal: Refusal, rules: Rules<'_>, parts: &Parts) -> Rejection {
        let mut response = if let Some(mut own) = self.own(&refusal, rules, parts) {
            no_store(own.headers_mut());
            own
        } else if let Some(kept) = self.kept(&refusal, rules) {
            // There was no token, and so no cookie that would have to be cleared.
            return Rejection::kept(Arc::clone(kept));
        } else {
            self.prepare(&refusal, rules).respond()
        };
        if self.session_cookie && matches!(refusal, Refusal::InvalidToken(_)) && bearer::has_no_header(&parts.headers) {
            session_cookie::clear(&mut response);
        }
        Rejection::new(refusal, response)
    }

    /// Whether there are answers beside the profile's.
    pub(crate) fn has_own(&self, rules: Rules<'_>) -> bool {
        self.refuse.is_some() || self.login_page.is_some() || rules.named().iter().any(|named| named.refuse.is_some())
    }

    fn own(&self, refusal: &Refusal, rules: Rules<'_>, parts: &Parts) -> Option<Response> {
        if !self.has_own(rules) {
            return None;
        }
        let refused = Refused::new(refusal, parts);
        let of_policies = rules.named().into_iter().filter_map(|named| named.refuse);
        let of_application = || self.refuse.as_ref().and_then(|own| (own.refuse)(&refused));
        let mut of_policies = of_policies;
        of_policies
            .find_map(|refuse| refuse(&refused))
            .or_else(of_application)
            .or_else(|| self.to_login(&refused, rules))
    }

    fn to_login(&self, refused: &Refused<'_>, rules: Rules<'_>) -> Option<Response> {
        let key_in_query = |scheme: &&Scheme| matches!(scheme.place, Place::ApiKey(KeyIn::Query, _));
        let query_is_secret = rules.schemes().iter().any(key_in_query);
        let page = self.login_page.as_ref().filter(|_| refused.wants_login())?;
        let location = HeaderValue::try_from(refused.login_location(page, query_is_secret)).ok()?;
        let mut response = HttpResponse::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, location);
        Some(response)
    }

    /// The status of a refusal.
    pub(crate) fn status(&self, refusal: &Refusal) -> StatusCode {
        match (refusal, self.profile) {
            (
                Refusal::NoCredentials
                | Refusal::InvalidToken(_)
                | Refusal::InvalidCredentials(..)
                | Refusal::BadGrant(GrantFault::InvalidClient),
                _,
            )
            | (Refusal::InsufficientScope, Profile::FastApi) => StatusCode::UNAUTHORIZED,
            (Refusal::InsufficientScope | Refusal::Inactive, Profile::Standard) | (Refusal::Forbidden, _) => {
                StatusCode::FORBIDDEN
            }
            (Refusal::Hidden | Refusal::NoSuchUser, _) => StatusCode::NOT_FOUND,
            (Refusal::CrossSite, _) => StatusCode::FORBIDDEN,
            (Refusal::BadGrant(_), _) => StatusCode::BAD_REQUEST,
            (Refusal::UsernameTaken, _) => StatusCode::CONFLICT,
            (Refusal::TooManyAttempts(_), _) => StatusCode::TOO_MANY_REQUESTS,
            (Refusal::WeakPassword(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
            (Refusal::BadLogin, Profile::FastApi) => self.bad_login,
            (Refusal::BadForm(FormFault::TooLarge), _) => StatusCode::PAYLOAD_TOO_LARGE,
            (Refusal::BadForm(FormFault::TooSlow), _) => StatusCode::REQUEST_TIMEOUT,
            (Refusal::BadForm(fault), Profile::FastApi) => match fault {
                FormFault::NotText | FormFault::Malformed | FormFault::Interrupted => StatusCode::BAD_REQUEST,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
            (Refusal::BadLogin | Refusal::BadForm(_), Profile::Standard) | (Refusal::Inactive, Profile::FastApi) => {
                StatusCode::BAD_REQUEST
            }
            (Refusal::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A login form of a browser that is refused: back to the login page, with the error's name and the way on.
    pub(crate) fn back_to_login(&self, refusal: &Refusal, headers: &HeaderMap, next: &Next) -> Option<Response> {
        let page = self.login_page.as_ref().filter(|_| self.session_cookie && accepts_html(headers))?;
        let error = match refusal {
            Refusal::BadLogin => "bad_login",
            Refusal::BadForm(_) => "bad_form",
            Refusal::TooManyAttempts(_) => "too_many_attempts",
            _ => return None,
        };
        let separator = if page.contains('?') { '&' } else { '?' };
        let mut response =
            session_cookie::redirect(&format!("{page}{separator}error={error}&next={}", in_query(next.as_str())), None);
        no_store(response.headers_mut());
        Some(response)
    }

    /// One challenge for each scheme that would do (RFC 9110 section 11.6.1).
    pub(super) fn challenges(&self, refusal: &Refusal, rules: Rules<'_>) -> Vec<HeaderValue> {
        let mut challenges = Vec::new();
        match refusal {
            Refusal::NoCredentials => {
                let schemes = rules.schemes();
                // Without a scheme in it, whatever it asks for is had with a token.
                if schemes.is_empty() || rules.asks_for_token() {
                    challenges.push(self.token_challenge(refusal, rules));
                }
                let wanted = schemes.into_iter().filter(|scheme| rules.asks_for_scheme(scheme));
                challenges.extend(wanted.map(|scheme| self.scheme_challenge(scheme, None)));
            }
            Refusal::InvalidCredentials(scheme, fault) => challenges.push(self.scheme_challenge(scheme, Some(fault))),
            Refusal::InvalidToken(_) => challenges.push(self.token_challenge(refusal, rules)),
            Refusal::BadGrant(GrantFault::InvalidClient) => {
                challenges.push(Challenge::new("Basic").parameter("realm", &self.realm));
            }
            Refusal::InsufficientScope if rules.schemes().is_empty() || rules.asks_for_token() => {
                challenges.push(self.token_challenge(refusal, rules));
            }
            Refusal::BadLogin if self.profile == Profile::FastApi && self.bad_login == StatusCode::UNAUTHORIZED => {
                challenges.push(Challenge::new("Bearer"));
            }
            _ => {}
        }
        let mut headers: Vec<HeaderValue> = Vec::new();
        for header in challenges.into_iter().map(Challenge::into_header) {
            if !headers.contains(&header) {
                headers.push(header);
            }
        }
        headers
    }

    fn token_challenge(&self, refusal: &Refusal, rules: Rules<'_>) -> Challenge {
        let challenge = Challenge::new("Bearer");
        match (self.profile, refusal) {
            (Profile::Standard, Refusal::InvalidToken(fault)) => challenge
                .parameter("realm", &self.realm)
                .parameter("error", "invalid_token")
                .parameter("error_description", about(*fault)),
            (Profile::Standard, Refusal::InsufficientScope) => challenge
                .parameter("realm", &self.realm)
                .parameter("error", "insufficient_scope")
                .parameter("error_description", MISSING_SCOPE)
                .parameter("scope", &rules.scope_string()),
            (Profile::Standard, _) => challenge.parameter("realm", &self.realm),
            (Profile::FastApi, Refusal::InvalidToken(_) | Refusal::InsufficientScope) => {
                let scopes = rules.scope_string();
                if scopes.is_empty() { challenge } else { challenge.parameter("scope", &scopes) }
            }
            (Profile::FastApi, _) => challenge,
        }
    }

    fn scheme_challenge(&self, scheme: &Scheme, fault: Option<&CredentialFault>) -> Challenge {
        let name = scheme.challenge_scheme();
        let challenge = Challenge::new(name);
        let realm = match self.profile {
            Profile::Standard => Some(scheme.realm.unwrap_or(&self.realm)),
            Profile::FastApi => scheme.realm,
        };
        let challenge = match realm {
            Some(realm) => challenge.parameter("realm", realm),
            None => challenge,
        };
        match self.profile {
            // What is not ASCII has only one encoding here (RFC 7617 section 2.1).
            Profile::Standard if name.eq_ignore_ascii_case("Basic") => challenge.parameter("charset", "UTF-8"),
            Profile::Standard if name == "Bearer" && fault.is_some() => challenge.parameter("error", "invalid_token"),
            _ => challenge,
        }
    }

    fn standard(&self, refusal: &Refusal, rules: Rules<'_>) -> Prepared {
        let oauth = |error: &str, description: &str| {
            self.json("application/json", refusal, &OAuthError { error, error_description: description })
        };
        match refusal {
            Refusal::BadLogin => oauth("invalid_grant", "The username or the password is wrong."),
            Refusal::BadForm(fault) => oauth(fault.error_code(), &fault.to_string()),
            Refusal::BadGrant(fault) => oauth(fault.code(), &fault.to_string()),
            Refusal::NoCredentials => self.problem(refusal, &needs(rules)),
            Refusal::InvalidToken(fault) => self.problem(refusal, about(*fault)),
            Refusal::InsufficientScope => self.problem(refusal, MISSING_SCOPE),
            Refusal::InvalidCredentials(_, fault) => {
                self.problem(refusal, told(fault, "The credentials are not valid."))
            }
            Refusal::Inactive => self.problem(refusal, "This account is disabled."),
            Refusal::Forbidden => self.problem(refusal, "You may not do this."),
            Refusal::Hidden => self.problem(refusal, "There is nothing here."),
            Refusal::CrossSite => self.problem(refusal, CROSS_SITE),
            Refusal::WeakPassword(fault) => self.problem(refusal, &fault.to_string()),
            Refusal::TooManyAttempts(wait) => self.problem(refusal, &try_again(*wait)),
            Refusal::UsernameTaken => self.problem(refusal, USERNAME_TAKEN),
            Refusal::NoSuchUser => self.problem(refusal, "There is no such user."),
            Refusal::Unavailable => {
                self.problem(refusal, "The request cannot be decided at the moment. Try again later.")
            }
        }
    }

    fn problem(&self, refusal: &Refusal, detail: &str) -> Prepared {
        let status = self.status(refusal);
        let title = status.canonical_reason().unwrap_or("Refused");
        let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
        self.json(self.media_type(), refusal, &problem)
    }

    fn fastapi(&self, refusal: &Refusal, rules: Rules<'_>) -> Prepared {
        let text = |detail| FastApiDetail::Text { detail };
        // FastAPI has no such thing; who renews a token or registers a client speaks OAuth.
        if let Refusal::BadGrant(_) = refusal {
            return self.standard(refusal, rules);
        }
        let body = match refusal {
            Refusal::BadGrant(fault) => text(fault.code()),
            Refusal::CrossSite => text(CROSS_SITE),
            Refusal::WeakPassword(fault) => FastApiDetail::Text { detail: &fault.to_string() },
            Refusal::TooManyAttempts(wait) => FastApiDetail::Text { detail: &try_again(*wait) },
            Refusal::UsernameTaken => text(USERNAME_TAKEN),
            Refusal::NoCredentials => text("Not authenticated"),
            Refusal::InvalidToken(_) => text(&self.invalid_token),
            Refusal::InvalidCredentials(_, fault) => text(told(fault, "Not authenticated")),
            Refusal::Hidden | Refusal::NoSuchUser => text("Not Found"),
            Refusal::InsufficientScope | Refusal::Forbidden => text("Not enough permissions"),
            Refusal::Inactive => text("Inactive user"),
            Refusal::BadLogin => text("Incorrect username or password"),
            Refusal::BadForm(fault) => FastApiDetail::of_form(fault),
            Refusal::Unavailable => text("Service Unavailable"),
        };
        self.json(self.media_type(), refusal, &body)
    }

    fn json(&self, media_type: &'static str, refusal: &Refusal, body: &impl Serialize) -> Prepared {
        // Text and numbers under fixed names: there is nothing that cannot be written.
        let body = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        Prepared { status: self.status(refusal), headers, body }
    }
}

const CROSS_SITE: &str = "This request comes from another site, and is not made with the session of this one.";
const USERNAME_TAKEN: &str = "There is a user of this name already.";
const MISSING_SCOPE: &str = "The token lacks a scope that this operation needs.";

fn try_again(wait: u64) -> String {
    let plural = if wait == 1 { "" } else { "s" };
    format!("Too many attempts. Try again in {wait} second{plural}.")
}

/// What an authenticator lets a client know, or else what everyone is told.
fn told<'a>(fault: &'a CredentialFault, otherwise: &'a str) -> &'a str {
    match fault {
        CredentialFault::Rejected(Some(told)) => told,
        CredentialFault::Ambiguous => "The request has more than one credential.",
        _ => otherwise,
    }
}

/// What a caller without credentials can do about it.
fn needs(rules: Rules<'_>) -> String {
    const TOKEN: &str = "an access token, as Authorization: Bearer TOKEN";
    let schemes = rules.schemes();
    if schemes.is_empty() {
        return "This operation needs an access token. Send it as: Authorization: Bearer TOKEN".to_owned();
    }
    let wanted = schemes.into_iter().filter(|scheme| rules.asks_for_scheme(scheme)).map(Scheme::how);
    let ways: Vec<String> = rules.asks_for_token().then(|| TOKEN.to_owned()).into_iter().chain(wanted).collect();
    format!("This operation needs credentials: {}.", ways.join("; "))
}

impl Scheme {
    /// How its credential is sent.
    fn how(&self) -> String {
        let name = self.name();
        match self.place {
            Place::ApiKey(KeyIn::Header, header) => format!("{name}, in the header {header}"),
            Place::ApiKey(KeyIn::Query, parameter) => format!("{name}, as {parameter} in the query"),
            Place::ApiKey(KeyIn::Cookie, cookie) => format!("{name}, in the cookie {cookie}"),
            Place::Http { scheme, .. } => format!("{name}, as Authorization: {scheme}"),
            Place::OAuth2(..) | Place::OpenIdConnect(_) => format!("{name}, as Authorization: Bearer TOKEN"),
        }
    }
}

/// What a client is told of a bad token: whether to renew it, and nothing that helps to forge one.
fn about(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Expired => "The token has expired.",
        TokenFault::Ambiguous => "The request has more than one Authorization header.",
        _ => "The token is not valid.",
    }
}

pub(crate) fn no_store(headers: &mut HeaderMap) {
    // RFC 6749 section 5.1 asks for both.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::FastApi => "FastAPI",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_made_once_is_the_same_each_time() {
        let answers = Answers::default();
        for _ in 0..3 {
            let rules = Rules::of(Policy::all(&[Requirement::ActiveUser]));
            let made_anew = answers.prepare(&Refusal::NoCredentials, rules).respond();
            let (expected, expected_body) = made_anew.into_parts();
            let (actual, body) = answers.answer(&Refusal::NoCredentials, rules).into_parts();
            assert_eq!((actual.status, actual.headers), (expected.status, expected.headers));
            let text = async |body: Body| axum::body::to_bytes(body, 1024).await.unwrap();
            assert_eq!(text(body).await, text(expected_body).await);
        }
    }
}
