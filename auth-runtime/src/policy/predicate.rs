//! Predicates: the team's own questions about a caller.

use std::{any::Any, fmt};

use axum::http::request::Parts;

use super::KnownUser;
use crate::{error::Refusal, store::Boxed, token::AccessClaims, user::AuthUser};

/// A question of the team's own, declared by `#[predicate]`, with its parameters.
pub trait Predicate: Send + Sync + 'static {
    /// Its name and parameters, as the access table shows them.
    ///
    /// # Errors
    /// Those of the formatter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// The answer for this caller; `None` where there is nothing that it could be about, and an error where it could not be
    /// found out.
    fn test<'a>(&'a self, caller: &'a Caller<'a>) -> Boxed<'a, Result<Option<bool>, Refusal>>;
}

impl fmt::Debug for dyn Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Predicate::fmt(self, f)
    }
}

impl fmt::Display for dyn Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Predicate::fmt(self, f)
    }
}

/// What a predicate is about. It is asked only where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The request: method, path, headers, extensions.
    Request,
    /// The token.
    Token,
    /// The user, who is active.
    User,
}

impl About {
    /// What a predicate about both is about.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::User, _) | (_, Self::User) => Self::User,
            (Self::Token, _) | (_, Self::Token) => Self::Token,
            (Self::Request, Self::Request) => Self::Request,
        }
    }
}

/// Whom a predicate is asked about.
pub struct Caller<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) token: Option<&'a AccessClaims>,
    pub(crate) user: Option<&'a dyn KnownUser>,
}

impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("token", &self.token).finish_non_exhaustive()
    }
}

/// What the reference parameters of a predicate can be: the application's user type, `AccessClaims` or
/// `axum::http::request::Parts`.
#[diagnostic::on_unimplemented(
    message = "a predicate cannot be about `{Self}`",
    label = "neither the user type, nor `AccessClaims`, nor `axum::http::request::Parts`",
    note = "the parameters that are references say whom it is about, `user: &User`; what the policy gives it is taken by value, `years: u8`"
)]
pub trait Subject: Sized {
    /// Which of the three it is.
    const ABOUT: About;

    /// The caller's.
    fn of<'a>(caller: &'a Caller<'a>) -> Option<&'a Self>;
}

impl<U: AuthUser> Subject for U {
    const ABOUT: About = About::User;

    fn of<'a>(caller: &'a Caller<'a>) -> Option<&'a Self> {
        let user: &dyn Any = caller.user?.as_any();
        user.downcast_ref()
    }
}

impl Subject for AccessClaims {
    const ABOUT: About = About::Token;

    fn of<'a>(caller: &'a Caller<'a>) -> Option<&'a Self> {
        caller.token
    }
}

impl Subject for Parts {
    const ABOUT: About = About::Request;

    fn of<'a>(caller: &'a Caller<'a>) -> Option<&'a Self> {
        Some(caller.parts)
    }
}

/// A [`Subject`] that there is among callers of user type `U`.
#[diagnostic::on_unimplemented(
    message = "a predicate about `{Self}` says nothing about users of type `{U}`",
    label = "this policy is about other users"
)]
pub trait SubjectFor<U> {}

impl<U: AuthUser> SubjectFor<U> for U {}

impl<U> SubjectFor<U> for AccessClaims {}

impl<U> SubjectFor<U> for Parts {}

#[cfg(test)]
mod tests {
    use super::{About, AccessClaims, Caller, KnownUser, Parts, Subject};

    #[derive(crate::AuthUser, Clone)]
    #[auth(no_password, always_active)]
    struct User {
        #[auth(username)]
        name: String,
    }

    #[test]
    fn a_predicate_is_about_as_much_as_its_parameters_are() {
        let (request, token, user) = (About::Request, About::Token, About::User);
        assert_eq!((request.and(request), request.and(token), token.and(request)), (request, token, token));
        assert_eq!((token.and(token), user.and(request), token.and(user)), (token, user, user));
        assert_eq!((User::ABOUT, AccessClaims::ABOUT, Parts::ABOUT), (user, token, request));
    }

    #[test]
    fn a_subject_is_the_callers_where_there_is_one() {
        let parts = axum::http::Request::builder().uri("/here").body(()).unwrap().into_parts().0;
        let (user, claims) = (User { name: "john".to_owned() }, AccessClaims::new("john"));
        let caller = Caller { parts: &parts, token: Some(&claims), user: Some(&user as &dyn KnownUser) };
        assert_eq!(User::of(&caller).unwrap().name, "john");
        assert_eq!(AccessClaims::of(&caller), Some(&claims));
        assert_eq!(Parts::of(&caller).unwrap().uri, "/here");
        let stranger = Caller { parts: &parts, token: None, user: None };
        assert!(User::of(&stranger).is_none() && AccessClaims::of(&stranger).is_none());
        assert_eq!(format!("{stranger:?}"), "Caller { token: None, .. }", "nothing of the request is printed");
    }
}
