//! Refusals, and the one place where they become responses.

mod answers;
mod body;
mod challenge;
mod documented;
mod refused;

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Response};

use self::answers::Kept;
pub use self::{
    answers::{Answers, Profile},
    refused::{Refuse, Refused},
};
pub(crate) use self::{
    answers::{OwnAnswer, no_store},
    challenge::is_quotable,
    documented::DocumentedAnswer,
    refused::accepts_html,
};
use crate::{
    form::FormFault,
    password::PasswordFault,
    scheme::{CredentialFault, Scheme},
    token::TokenFault,
};

/// Why a request is refused.
///
/// [`Answers`] turns it into the response that the profile has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No credential, where the policy asks for one.
    NoCredentials,
    /// A credential that is not genuine, or not good now.
    InvalidToken(TokenFault),
    /// A credential of a security scheme that cannot be read, or that its authenticator does not accept.
    InvalidCredentials(&'static Scheme, CredentialFault),
    /// A genuine token without a scope that the policy asks for.
    InsufficientScope,
    /// The user is disabled.
    Inactive,
    /// The policy, or a rule about this very request, does not let this caller in.
    Forbidden,
    /// The same, where even what it is about is to stay unknown: 404.
    Hidden,
    /// Wrong username or password; also, with [`Profile::Standard`], a disabled user.
    BadLogin,
    /// A login form that cannot be read.
    BadForm(FormFault),
    /// A client or a grant that the token endpoint, or another of OAuth's endpoints, does not accept.
    BadGrant(GrantFault),
    /// A cookie, on a request that a page of another site may have made.
    CrossSite,
    /// A new password that may not be chosen.
    WeakPassword(PasswordFault),
    /// Passwords were tried in vain too often: try again in so many seconds.
    TooManyAttempts(u64),
    /// A name that somebody has already.
    UsernameTaken,
    /// There is no user of this name.
    NoSuchUser,
    /// A store is down, or too many logins wait: try again later.
    Unavailable,
}

/// What is wrong with a client or its grant: an error of RFC 6749 section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantFault {
    /// The client is unknown, or does not show that it is the one that it says.
    InvalidClient,
    /// The refresh token, or a token of single use, is unknown, used, expired, or another client's.
    InvalidGrant,
    /// The client may not do this.
    UnauthorizedClient,
    /// A scope that was not granted.
    InvalidScope,
    /// A kind of token that cannot be revoked here (RFC 7009 section 2.2.1).
    UnsupportedTokenType,
}

impl GrantFault {
    /// Its name in RFC 6749.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }
}

impl fmt::Display for GrantFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidClient => "The client is unknown, or its secret is wrong.",
            Self::InvalidGrant => "The token is not valid, or no longer.",
            Self::UnauthorizedClient => "The client may not do this.",
            Self::InvalidScope => "A scope was asked for that was not granted.",
            Self::UnsupportedTokenType => "Signed tokens are not revoked here: they expire.",
        })
    }
}

impl Refusal {
    /// The stable name under which it is logged.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::InvalidToken(_) => "invalid_token",
            Self::InvalidCredentials(..) => "invalid_credentials",
            Self::InsufficientScope => "insufficient_scope",
            Self::Inactive => "inactive",
            Self::Forbidden => "forbidden",
            Self::Hidden => "hidden",
            Self::BadLogin => "bad_login",
            Self::BadForm(_) => "bad_form",
            Self::BadGrant(fault) => fault.code(),
            Self::CrossSite => "cross_site",
            Self::WeakPassword(_) => "weak_password",
            Self::TooManyAttempts(_) => "too_many_attempts",
            Self::UsernameTaken => "username_taken",
            Self::NoSuchUser => "no_such_user",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials => f.write_str("no credentials"),
            Self::InvalidToken(fault) => write!(f, "invalid token: {fault}"),
            Self::InvalidCredentials(scheme, fault) => write!(f, "invalid credentials for {}: {fault}", scheme.name()),
            Self::InsufficientScope => f.write_str("a scope is missing"),
            Self::Inactive => f.write_str("the user is disabled"),
            Self::Forbidden => f.write_str("not permitted"),
            Self::Hidden => f.write_str("not permitted, and answered as not found"),
            Self::BadLogin => f.write_str("wrong username or password"),
            Self::BadForm(fault) => fault.fmt(f),
            Self::BadGrant(fault) => fault.fmt(f),
            Self::CrossSite => f.write_str("a cookie on a request from another site"),
            Self::WeakPassword(fault) => fault.fmt(f),
            Self::TooManyAttempts(wait) => write!(f, "too many attempts: try again in {wait} seconds"),
            Self::UsernameTaken => f.write_str("there is a user of this name already"),
            Self::NoSuchUser => f.write_str("there is no user of this name"),
            Self::Unavailable => f.write_str("temporarily unavailable"),
        }
    }
}

impl std::error::Error for Refusal {}

/// A refusal, rendered: the rejection of the generated extractors, for handlers that take a
/// `Result<User, Rejection>`.
pub struct Rejection(Rendered);

/// Small, so that the success path of a guard does not carry the size of a response.
enum Rendered {
    Made(Box<(Refusal, Response)>),
    /// To be copied where it is sent.
    Kept(Arc<Kept>),
}

impl Rejection {
    pub(crate) fn new(refusal: Refusal, response: Response) -> Self {
        Self(Rendered::Made(Box::new((refusal, response))))
    }

    fn kept(answer: Arc<Kept>) -> Self {
        Self(Rendered::Kept(answer))
    }

    /// Why the request is refused.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        match &self.0 {
            Rendered::Made(made) => &made.0,
            Rendered::Kept(_) => &Kept::REFUSAL,
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("refusal", self.refusal()).finish_non_exhaustive()
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        #[cfg_attr(
            not(feature = "testing"),
            expect(unused_variables, reason = "a test is told the reason, a client is not")
        )]
        let (refusal, response) = match self.0 {
            Rendered::Made(made) => *made,
            Rendered::Kept(kept) => (Kept::REFUSAL, kept.respond()),
        };
        #[cfg(feature = "testing")]
        let response = crate::testing::marked(response, &refusal);
        response
    }
}
