use std::fmt;

use axum::{
    body::Body,
    http::{HeaderValue, Response as HttpResponse, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use super::{
    Refusal, Rejection,
    body::{FastApiDetail, OAuthError, Problem},
    challenge::Challenge,
};
use crate::{form::FormFault, policy::Policy, token::TokenFault};

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
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            profile: Profile::Standard,
            realm: "api".to_owned(),
            bad_login: StatusCode::BAD_REQUEST,
            invalid_token: "Could not validate credentials".to_owned(),
        }
    }
}

/// One response that a guarded operation can give, as the document lists it.
pub(crate) struct DocumentedAnswer {
    pub(crate) status: StatusCode,
    pub(crate) description: &'static str,
    pub(crate) challenge: bool,
    pub(crate) retry_after: bool,
}

const NOT_AUTHENTICATED: &str = "No credentials, or a token that is not valid";
const NOT_PERMITTED: &str = "The token does not permit this";
const INACTIVE: &str = "The user is disabled";
const UNAVAILABLE: &str = "Temporarily unavailable";

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

    /// The response to a refused request.
    #[must_use]
    pub fn respond(&self, refusal: &Refusal, policy: &Policy) -> Response {
        let mut response = match self.profile {
            Profile::Standard => self.standard(refusal, policy),
            Profile::FastApi => self.fastapi(refusal, policy),
        };
        // A refusal tells of one caller at one time; nobody may keep it.
        no_store(&mut response);
        if matches!(refusal, Refusal::Unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    pub(crate) fn reject(&self, refusal: &Refusal, policy: &Policy) -> Rejection {
        Rejection::new(refusal.clone(), self.respond(refusal, policy))
    }

    /// The status of a refusal.
    pub(crate) fn status(&self, refusal: &Refusal) -> StatusCode {
        match (refusal, self.profile) {
            (Refusal::NoCredentials | Refusal::InvalidToken(_), _) | (Refusal::InsufficientScope, Profile::FastApi) => {
                StatusCode::UNAUTHORIZED
            }
            (Refusal::InsufficientScope | Refusal::Inactive, Profile::Standard) => StatusCode::FORBIDDEN,
            (Refusal::BadLogin, Profile::FastApi) => self.bad_login,
            (Refusal::BadForm(FormFault::TooLarge), _) => StatusCode::PAYLOAD_TOO_LARGE,
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

    /// What a handler of this policy can answer before its body runs, one entry for each status.
    pub(crate) fn documented(&self, policy: &Policy, optional_user: bool) -> Vec<DocumentedAnswer> {
        if policy.is_public() && !optional_user {
            return Vec::new();
        }
        let mut refusals = vec![(Refusal::NoCredentials, NOT_AUTHENTICATED)];
        if policy.scopes().next().is_some() {
            refusals.push((Refusal::InsufficientScope, NOT_PERMITTED));
        }
        if policy.needs_active_user() || optional_user {
            refusals.push((Refusal::Inactive, INACTIVE));
        }
        refusals.push((Refusal::Unavailable, UNAVAILABLE));

        self.one_for_each_status(refusals, policy)
    }

    /// What a token endpoint can answer beside a token, one entry for each status.
    pub(crate) fn documented_login(&self) -> Vec<DocumentedAnswer> {
        let refusals = [
            (Refusal::BadLogin, "Wrong username or password, or a form that cannot be read"),
            (Refusal::BadForm(FormFault::Malformed), "A form that cannot be read"),
            (Refusal::BadForm(FormFault::UnknownScope), "A form with fields that are missing or wrong"),
            (Refusal::BadForm(FormFault::TooLarge), "A form that is too large"),
            (Refusal::Unavailable, UNAVAILABLE),
        ];
        self.one_for_each_status(refusals, &Policy::PUBLIC)
    }

    fn one_for_each_status(
        &self,
        refusals: impl IntoIterator<Item = (Refusal, &'static str)>,
        policy: &Policy,
    ) -> Vec<DocumentedAnswer> {
        let mut answers: Vec<DocumentedAnswer> = Vec::new();
        for (refusal, description) in refusals {
            let status = self.status(&refusal);
            if answers.iter().any(|answer| answer.status == status) {
                continue;
            }
            answers.push(DocumentedAnswer {
                status,
                description,
                challenge: self.challenge(&refusal, policy).is_some(),
                retry_after: matches!(refusal, Refusal::Unavailable),
            });
        }
        answers
    }

    /// The media type of a token endpoint's refusal.
    pub(crate) fn login_media_type(&self, status: StatusCode) -> &'static str {
        if status == StatusCode::SERVICE_UNAVAILABLE { self.media_type() } else { "application/json" }
    }

    /// The schema of a refusal's body, outside a token endpoint.
    pub(crate) fn schema(&self) -> Object {
        let of = |kind| ObjectBuilder::new().schema_type(SchemaType::Type(kind));
        match self.profile {
            Profile::Standard => of(Type::Object)
                .property("type", of(Type::String))
                .property("title", of(Type::String))
                .property("status", of(Type::Integer))
                .property("detail", of(Type::String)),
            Profile::FastApi => of(Type::Object).property("detail", of(Type::String)),
        }
        .build()
    }

    fn challenge(&self, refusal: &Refusal, policy: &Policy) -> Option<HeaderValue> {
        let challenge = Challenge::new("Bearer");
        let challenge = match (self.profile, refusal) {
            (Profile::Standard, Refusal::NoCredentials) => challenge.parameter("realm", &self.realm),
            (Profile::Standard, Refusal::InvalidToken(fault)) => challenge
                .parameter("realm", &self.realm)
                .parameter("error", "invalid_token")
                .parameter("error_description", about(*fault)),
            (Profile::Standard, Refusal::InsufficientScope) => challenge
                .parameter("realm", &self.realm)
                .parameter("error", "insufficient_scope")
                .parameter("error_description", MISSING_SCOPE)
                .parameter("scope", &policy.scope_string()),
            (Profile::FastApi, Refusal::NoCredentials) => challenge,
            (Profile::FastApi, Refusal::InvalidToken(_) | Refusal::InsufficientScope) => {
                let scopes = policy.scope_string();
                if scopes.is_empty() { challenge } else { challenge.parameter("scope", &scopes) }
            }
            (Profile::FastApi, Refusal::BadLogin) if self.bad_login == StatusCode::UNAUTHORIZED => challenge,
            _ => return None,
        };
        Some(challenge.into_header())
    }

    fn standard(&self, refusal: &Refusal, policy: &Policy) -> Response {
        let oauth = |error: &str, description: &str| {
            self.json("application/json", refusal, policy, &OAuthError { error, error_description: description })
        };
        match refusal {
            Refusal::BadLogin => oauth("invalid_grant", "The username or the password is wrong."),
            Refusal::BadForm(fault) => oauth(fault.error_code(), &fault.to_string()),
            Refusal::NoCredentials => self.problem(
                refusal,
                policy,
                "This operation needs an access token. Send it as: Authorization: Bearer TOKEN",
            ),
            Refusal::InvalidToken(fault) => self.problem(refusal, policy, about(*fault)),
            Refusal::InsufficientScope => self.problem(refusal, policy, MISSING_SCOPE),
            Refusal::Inactive => self.problem(refusal, policy, "This account is disabled."),
            Refusal::Unavailable => {
                self.problem(refusal, policy, "The request cannot be decided at the moment. Try again later.")
            }
        }
    }

    fn problem(&self, refusal: &Refusal, policy: &Policy, detail: &str) -> Response {
        let status = self.status(refusal);
        let title = status.canonical_reason().unwrap_or("Refused");
        let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
        self.json(self.media_type(), refusal, policy, &problem)
    }

    fn fastapi(&self, refusal: &Refusal, policy: &Policy) -> Response {
        let text = |detail| FastApiDetail::Text { detail };
        let body = match refusal {
            Refusal::NoCredentials => text("Not authenticated"),
            Refusal::InvalidToken(_) => text(&self.invalid_token),
            Refusal::InsufficientScope => text("Not enough permissions"),
            Refusal::Inactive => text("Inactive user"),
            Refusal::BadLogin => text("Incorrect username or password"),
            Refusal::BadForm(fault) => FastApiDetail::of_form(fault),
            Refusal::Unavailable => text("Service Unavailable"),
        };
        self.json(self.media_type(), refusal, policy, &body)
    }

    fn json(&self, media_type: &'static str, refusal: &Refusal, policy: &Policy, body: &impl Serialize) -> Response {
        // Text and numbers under fixed names: there is nothing that cannot be written.
        let text = serde_json::to_vec(body).unwrap_or_default();
        let mut response = HttpResponse::new(Body::from(text));
        *response.status_mut() = self.status(refusal);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some(challenge) = self.challenge(refusal, policy) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

const MISSING_SCOPE: &str = "The token lacks a scope that this operation needs.";

/// What a client is told of a bad token: whether to renew it, and nothing that helps to forge one.
fn about(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Expired => "The token has expired.",
        TokenFault::Ambiguous => "The request has more than one Authorization header.",
        _ => "The token is not valid.",
    }
}

pub(crate) fn no_store(response: &mut Response) {
    // RFC 6749 section 5.1 asks for both.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::FastApi => "FastAPI",
        })
    }
}
