//! Lets a request pass, or refuses it: the decision, and what follows from it.

use std::sync::Arc;

use axum::http::request::Parts;

use super::{
    Principal, Wants,
    authenticate::{Awaited, Check, Step, authenticate, out_of_line},
};
use crate::{
    auth::{Auth, AuthState},
    endpoint::Endpoint,
    error::{Answers, Refusal, Rejection},
    policy::{Policy, Requirement, Rules},
    user::AuthUser,
};

/// What a router adds to the policies of its handlers. It comes with the request, from the router alone.
#[derive(Clone)]
pub(crate) struct GroupPolicy(pub(crate) Arc<[Requirement]>);

pub(super) fn group_of<E: Endpoint>(parts: &Parts) -> Option<GroupPolicy> {
    const { &Terms::of::<E>() }.group(parts).cloned()
}

/// What the macro says of a handler, as far as the guard has to know it.
struct Terms {
    own: Policy,
    wants: Wants,
    overrides_group: bool,
}

impl Terms {
    const fn of<E: Endpoint>() -> Self {
        Self { own: E::POLICY, wants: Wants::of(E::TAKES), overrides_group: E::OPTIONS.overrides_group }
    }

    #[inline(always)]
    fn group<'a>(&self, parts: &'a Parts) -> Option<&'a GroupPolicy> {
        parts.extensions.get::<GroupPolicy>().filter(|_| !self.overrides_group)
    }

    #[inline(always)]
    fn rules<'a>(&self, parts: &'a Parts) -> Rules<'a> {
        Rules { group: self.group(parts).map_or(&[], |GroupPolicy(group)| group), own: self.own }
    }

    #[inline(always)]
    fn check<'a, 'r, U: AuthUser>(&'r self, auth: &'a Auth<U>, parts: &'r Parts) -> Check<'a, 'r, U> {
        Check::new(auth, self.rules(parts), &self.wants)
    }
}

/// Decides, and leaves the principal for those of the handler's arguments that take it.
///
/// What has to be waited for is on the heap: every request carries the size of this future, and above a kilobyte it costs the
/// allocator much more.
pub(super) async fn pass<E: Endpoint, S: AuthState>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
    let auth = state.auth();
    let terms = const { &Terms::of::<E>() };
    if E::OPTIONS.observed {
        return out_of_line(|| observe(auth, parts, terms)).await;
    }
    match pass_at_once(auth, parts, terms) {
        Step::Done(outcome) => outcome,
        Step::Wait(awaited) => out_of_line(|| pass_at_length(auth, parts, terms, awaited)).await,
    }
}

fn pass_at_once<'a, U: AuthUser>(
    auth: &'a Auth<U>,
    parts: &mut Parts,
    terms: &'a Terms,
) -> Step<'a, U, Result<(), Rejection>> {
    match terms.check(auth, parts).at_once(parts) {
        Step::Done(outcome) => Step::Done(follow(auth, parts, terms, outcome)),
        Step::Wait(awaited) => Step::Wait(awaited),
    }
}

async fn pass_at_length<U: AuthUser>(
    auth: &Auth<U>,
    parts: &mut Parts,
    terms: &Terms,
    awaited: Awaited<'_, U>,
) -> Result<(), Rejection> {
    let outcome = terms.check(auth, parts).at_length(parts, awaited).await;
    follow(auth, parts, terms, outcome)
}

/// What follows from a decision.
#[inline(always)]
fn follow<U: AuthUser>(
    auth: &Auth<U>,
    parts: &mut Parts,
    terms: &Terms,
    outcome: Result<Principal<U>, Refusal>,
) -> Result<(), Rejection> {
    match outcome {
        Ok(principal) => {
            let_in(auth, parts, terms, principal);
            Ok(())
        }
        Err(refusal) => Err(refuse(auth.answers(), terms, refusal, parts)),
    }
}

#[inline(always)]
fn let_in<U: AuthUser>(auth: &Auth<U>, parts: &mut Parts, terms: &Terms, principal: Principal<U>) {
    auth.answers().watch.granted(parts, principal.subject());
    principal.offer(parts, &terms.wants);
}

#[cold]
fn refuse(answers: &Answers, terms: &Terms, refusal: Refusal, parts: &Parts) -> Rejection {
    answers.watch.refused("access.refused", parts, &refusal);
    answers.reject(refusal, terms.rules(parts), parts)
}

/// A policy that is being tried out refuses nobody. That of a group is not what is being tried out.
async fn observe<U: AuthUser>(auth: &Auth<U>, parts: &mut Parts, terms: &Terms) -> Result<(), Rejection> {
    let rules = terms.rules(parts);
    if !rules.group.is_empty() {
        let of_group = Rules { own: Policy::PUBLIC, ..rules };
        if let Err(refusal) = authenticate(auth, parts, of_group, &Wants::NOTHING).await {
            return Err(auth.answers().reject(refusal, of_group, parts));
        }
    }
    match Check::new(auth, rules, &terms.wants).outcome(parts).await {
        Ok(principal) => let_in(auth, parts, terms, principal),
        Err(refusal) => {
            auth.answers().watch.refused("access.observed", parts, &refusal);
            Principal::<U>::withdraw(parts);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::guard::{principal::tests::User, tests::Somewhere};

    /// The future of a handler is as large as what it waits for, and is moved more than once with every request.
    #[tokio::test]
    async fn a_guard_makes_a_handler_s_future_little_larger() {
        let key = crate::SigningKey::generate(&crate::Randomness::default()).unwrap();
        let auth = Auth::builder(crate::MemoryUsers::<User>::new()).signing_key(key).build().unwrap();
        let mut parts = Request::new(()).into_parts().0;
        let guard = size_of_val(&pass::<Somewhere, Auth<User>>(&mut parts, &auth));
        assert!(guard <= 72, "{guard} bytes");
        // What an argument asks by itself, without a guard, or where its guard was not asked.
        let rules = Rules::of(Policy::PUBLIC);
        let argument = size_of_val(&authenticate(&auth, &parts, rules, &Wants::NOTHING));
        assert!(argument <= 232, "{argument} bytes");
    }
}
