//! Rules over a handler's arguments and its result: the second phase, after extraction.

use std::future::Future;

use axum::response::{IntoResponse, Response};

use crate::{
    endpoint::Endpoint,
    error::{Answers, Refusal},
    guard::{GroupPolicy, RuleGuard},
    policy::Rules,
    store::StoreError,
};

/// What an `#[authorize(..)]` expression can be: a `bool`, or a `Result` of one.
///
/// An error of [`StoreError`] is answered with 503, and one of [`Refusal`] as that refusal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say yes or no",
    label = "this is not a `bool`",
    note = "the expression of #[authorize(..)], as the result of a #[predicate], is a `bool`, or a `Result<bool, StoreError>` where it asks a store"
)]
pub trait Answer {
    /// Whether the request may go on.
    ///
    /// # Errors
    /// Where that could not be found out.
    fn into_answer(self) -> Result<bool, Refusal>;
}

impl Answer for bool {
    fn into_answer(self) -> Result<bool, Refusal> {
        Ok(self)
    }
}

impl Answer for Result<bool, Refusal> {
    fn into_answer(self) -> Self {
        self
    }
}

impl Answer for Result<bool, StoreError> {
    fn into_answer(self) -> Result<bool, Refusal> {
        self.map_err(|error| crate::auth::unavailable("store.unavailable", &error))
    }
}

impl<E: Endpoint> RuleGuard<E> {
    /// The refusal of a request, unless a rule's answer is yes.
    pub fn refusal_unless(&self, answer: impl Answer) -> Option<Response> {
        self.refuse(answer, Refusal::Forbidden)
    }

    /// As [`refusal_unless`](Self::refusal_unless), with a 404.
    pub fn not_found_unless(&self, answer: impl Answer) -> Option<Response> {
        self.refuse(answer, Refusal::Hidden)
    }

    fn refuse(&self, answer: impl Answer, refusal: Refusal) -> Option<Response> {
        let refusal = match answer.into_answer() {
            Ok(true) => return None,
            Ok(false) => refusal,
            Err(refusal) => refusal,
        };
        let Some(denial) = &self.denial else {
            return Some(Answers::default().answer(&refusal, Rules::of(E::POLICY)));
        };
        let group = denial.group.as_ref().map_or(&[][..], |GroupPolicy(group)| group);
        let rules = Rules { group, own: E::POLICY };
        let event = if E::OPTIONS.observed { "access.observed" } else { "access.refused" };
        denial.answers.watch.refused(event, &denial.parts, &refusal);
        if E::OPTIONS.observed {
            return None;
        }
        Some(denial.answers.reject(refusal, rules, &denial.parts).into_response())
    }
}

/// The body of a handler, which returns an `R`.
pub fn body<R, F: Future<Output = R>>(body: F) -> F {
    body
}

/// Asks what of a result a rule is about: what is in an `Ok`, or else the result itself.
pub struct Outcome<'a, R>(pub &'a R);

impl<'a, T, E> Outcome<'a, Result<T, E>> {
    /// What is in the `Ok`; an error leaves as it is.
    pub fn value(self) -> Option<&'a T> {
        self.0.as_ref().ok()
    }
}

/// Every result that is no `Result`.
pub trait AnyOutcome<'a, R> {
    /// The result.
    fn value(self) -> Option<&'a R>;
}

impl<'a, R> AnyOutcome<'a, R> for &Outcome<'a, R> {
    fn value(self) -> Option<&'a R> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_yes_no_or_a_refusal() {
        for answer in [true, false] {
            assert_eq!(answer.into_answer(), Ok(answer));
            assert_eq!(Ok::<bool, Refusal>(answer).into_answer(), Ok(answer));
            assert_eq!(Ok::<bool, StoreError>(answer).into_answer(), Ok(answer));
        }
        assert_eq!(Err::<bool, _>(Refusal::Inactive).into_answer(), Err(Refusal::Inactive));
        assert_eq!(Err::<bool, _>(StoreError::new("down")).into_answer(), Err(Refusal::Unavailable));
    }

    #[test]
    fn a_rule_is_about_what_is_in_an_ok_or_about_the_result_itself() {
        assert_eq!(Outcome(&Ok::<u8, ()>(7)).value(), Some(&7));
        assert_eq!(Outcome(&Err::<u8, ()>(())).value(), None);
        assert_eq!((&Outcome(&7)).value(), Some(&7));
        assert_eq!((&Outcome(&None::<u8>)).value(), Some(&None));
    }

    /// As a test asks it that calls the body alone.
    #[cfg(feature = "testing")]
    #[test]
    fn a_guard_without_a_request_refuses_as_any_other() {
        use crate::endpoint::Declared;

        struct Somewhere;

        impl Endpoint for Somewhere {
            type Access = crate::guard::Closed;

            const DECLARED: Declared = Declared::asks_all("rules", "somewhere", &[], []);
        }

        let guard: RuleGuard<Somewhere> = crate::guard::for_test();
        let status = |refusal: Option<Response>| refusal.map(|response| response.status().as_u16());
        assert_eq!(status(guard.refusal_unless(true)), None);
        assert_eq!(status(guard.refusal_unless(false)), Some(403));
        assert_eq!(status(guard.not_found_unless(true)), None);
        assert_eq!(status(guard.not_found_unless(false)), Some(404));
        assert_eq!(status(guard.refusal_unless(Err::<bool, _>(StoreError::new("down")))), Some(503));
    }
}
