//! Refusals, and the one place where they become responses.

mod answers;
mod body;
mod challenge;
mod refused;

use std::fmt;

use axum::response::{IntoResponse, Response};

pub use self::{
    answers::{Answers, Profile},
    refused::{Refuse, Refused},
};
pub(crate) use self::{
    answers::{DocumentedAnswer, OwnAnswer, no_store},
    challenge::is_quotable,
};
use crate::{
    form::FormFault,
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
    /// A store is down, or too many logins wait: try again later.
    Unavailable,
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
            Self::Unavailable => f.write_str("temporarily unavailable"),
        }
    }
}

impl std::error::Error for Refusal {}

/// A refusal, rendered: the rejection of the generated extractors, for handlers that take a
/// `Result<User, Rejection>`.
#[derive(Debug)]
pub struct Rejection {
    refusal: Refusal,
    // Boxed, so that the success path of a guard does not carry the size of a response.
    response: Box<Response>,
}

impl Rejection {
    pub(crate) fn new(refusal: Refusal, response: Response) -> Self {
        #[cfg(feature = "testing")]
        let response = crate::testing::marked(response, &refusal);
        Self { refusal, response: Box::new(response) }
    }

    /// Why the request is refused.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        *self.response
    }
}
