//! The guard: the generated first argument of every annotated handler.

mod authenticate;
mod pass;
mod principal;

use std::{
    any::{TypeId, type_name},
    fmt,
    future::Future,
    marker::PhantomData,
    sync::Arc,
};

use axum::{
    extract::{FromRequestParts, OriginalUri, Request},
    http::request::Parts,
};

#[cfg(any(test, feature = "testing"))]
pub(crate) use self::authenticate::decide;
use self::pass::{group_of, pass};
pub(crate) use self::{
    authenticate::{Wants, authenticate, is_forgeable},
    pass::GroupPolicy,
    principal::{Principal, Taken},
};
use crate::{
    auth::{AuthState, UsersOf},
    endpoint::{Endpoint, Takes, fits},
    error::{Answers, Refusal, Rejection},
    policy::{AppliesTo, Policy, Requirement, Rules},
    user::AuthUser,
};

/// Access without a credential. `KNOWS_CALLER`: a credential that is there all the same is verified, for an argument of type
/// `Option<User>` or `Option<ApiKey>`; otherwise the guard touches no state.
#[derive(Debug, Clone, Copy)]
pub struct Open<const KNOWS_CALLER: bool>;

/// Access of whoever the policy lets pass. `W` are the types in the policy, each of which has to have a meaning for the users of
/// the application.
#[derive(Debug, Clone, Copy)]
pub struct Protected<W = ()>(PhantomData<fn() -> W>);

/// Access to a token endpoint, where users of type `U` log in: the form brings the credential.
#[derive(Debug, Clone, Copy)]
pub struct TokenEndpoint<U>(PhantomData<fn() -> U>);

/// Access for nobody: what a declaration with an error becomes.
#[derive(Debug, Clone, Copy)]
pub struct Closed;

/// How a policy is enforced, given the application's state.
#[diagnostic::on_unimplemented(
    message = "guarded handlers cannot be served with the state `{S}`: it has no `Auth`",
    label = "the state of this router has no `Auth`",
    note = "give `.with_state(auth)` an `Auth<User>`, or implement `AuthState` for `{S}`: `type User = User; fn auth(&self) -> &Auth<User> {{ &self.auth }}`"
)]
pub trait Enforce<S> {
    /// Lets the request pass, or refuses it.
    fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// How this application answers; `None` where the policy never does.
    fn answers(state: &S) -> Option<Arc<Answers>>;

    /// The type of the users that the policy is about.
    fn users() -> Option<TypeId> {
        None
    }

    /// What is wrong with this state for this handler.
    fn problem<E: Endpoint>(state: &S, group: &[Requirement]) -> Option<String> {
        let _ = (state, group);
        None
    }
}

impl<S: Sync> Enforce<S> for Open<false> {
    async fn enforce<E: Endpoint>(_: &mut Parts, _: &S) -> Result<(), Rejection> {
        Ok(())
    }

    fn answers(_: &S) -> Option<Arc<Answers>> {
        None
    }
}

impl<S: Sync> Enforce<S> for Closed {
    async fn enforce<E: Endpoint>(parts: &mut Parts, _: &S) -> Result<(), Rejection> {
        Err(Answers::default().reject(Refusal::Unavailable, Rules::of(E::POLICY), parts))
    }

    fn answers(_: &S) -> Option<Arc<Answers>> {
        None
    }
}

impl<S: AuthState> Enforce<S> for Open<true> {
    async fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
        pass::<E, S>(parts, state).await
    }

    fn answers(state: &S) -> Option<Arc<Answers>> {
        Some(state.auth().shared_answers())
    }

    fn users() -> Option<TypeId> {
        Some(TypeId::of::<S::User>())
    }

    fn problem<E: Endpoint>(state: &S, group: &[Requirement]) -> Option<String> {
        state.auth().problem::<E>(group)
    }
}

impl<U: AuthUser, S: UsersOf<U>> Enforce<S> for TokenEndpoint<U> {
    async fn enforce<E: Endpoint>(_: &mut Parts, _: &S) -> Result<(), Rejection> {
        Ok(())
    }

    fn answers(state: &S) -> Option<Arc<Answers>> {
        Some(state.users_auth().shared_answers())
    }
}

impl<W, S> Enforce<S> for Protected<W>
where
    S: AuthState,
    W: AppliesTo<S::User>,
{
    async fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
        pass::<E, S>(parts, state).await
    }

    fn answers(state: &S) -> Option<Arc<Answers>> {
        Some(state.auth().shared_answers())
    }

    fn users() -> Option<TypeId> {
        Some(TypeId::of::<S::User>())
    }

    fn problem<E: Endpoint>(state: &S, group: &[Requirement]) -> Option<String> {
        state.auth().problem::<E>(group)
    }
}

/// What of a request an answer to its refusal can be about.
fn head_of(parts: &Parts) -> Parts {
    let mut head = Request::new(());
    head.method_mut().clone_from(&parts.method);
    head.uri_mut().clone_from(&parts.uri);
    head.headers_mut().clone_from(&parts.headers);
    if let Some(uri) = parts.extensions.get::<OriginalUri>() {
        head.extensions_mut().insert(uri.clone());
    }
    head.into_parts().0
}

/// The generated first argument of an annotated handler: that it exists is proof that the policy let the request pass.
///
/// Nothing but its extractor makes one. `D` is nothing, unless there are rules: whatever is in a guard has to be dropped by each
/// handler, which costs the compiler.
pub struct Guard<E, D = ()> {
    pub(crate) denial: D,
    endpoint: PhantomData<fn() -> E>,
}

/// The guard of a handler with rules over its arguments or its result. A body that is called by a test has no request to refuse.
pub type RuleGuard<E> = Guard<E, Option<Box<Denial>>>;

/// What a rule needs to refuse with.
pub struct Denial {
    pub(crate) answers: Arc<Answers>,
    pub(crate) group: Option<GroupPolicy>,
    pub(crate) parts: Parts,
}

/// The guard of a body that is called by a test.
#[cfg(feature = "testing")]
pub(crate) fn for_test<E, D: Default>() -> Guard<E, D> {
    Guard { denial: D::default(), endpoint: PhantomData }
}

impl<E, D> fmt::Debug for Guard<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard<{}>", type_name::<E>())
    }
}

impl<S, E> FromRequestParts<S> for Guard<E>
where
    S: Send + Sync,
    E: Endpoint,
    E::Access: Enforce<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        // What the macro could not ask, for want of concrete types, is asked where they are known.
        const { fits_all(&E::POLICY, E::TAKES) };
        <E::Access as Enforce<S>>::enforce::<E>(parts, state).await?;
        Ok(Self { denial: (), endpoint: PhantomData })
    }
}

impl<S, E> FromRequestParts<S> for RuleGuard<E>
where
    S: Send + Sync,
    E: Endpoint,
    E::Access: Enforce<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let Guard { endpoint, .. } = Guard::<E>::from_request_parts(parts, state).await?;
        let answers = <E::Access as Enforce<S>>::answers(state).unwrap_or_default();
        let group = group_of::<E>(parts);
        let denial = Denial { answers, group, parts: head_of(parts) };
        Ok(Self { denial: Some(Box::new(denial)), endpoint })
    }
}

const fn fits_all(policy: &Policy, takes: &[Takes]) {
    let mut rest = takes;
    while let [first, others @ ..] = rest {
        fits(policy, *first);
        rest = others;
    }
}

/// The argument tuple of a handler whose first argument is a [`Guard`]: a handler that states its policy.
#[diagnostic::on_unimplemented(
    message = "this handler does not say who may call it",
    label = "no policy on this handler",
    note = "annotate it with `#[requires_active_user]`, `#[requires_user]`, `#[requires_token]`, `#[requires_scopes(..)]`, `#[requires(..)]`, `#[public]` or `#[token_endpoint(..)]`"
)]
pub trait Guarded {
    /// The type on which the macro declared the handler.
    type Endpoint: Endpoint;
}

macro_rules! guarded {
    ($($argument:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, E: Endpoint, D, $($argument),*> Guarded for (M, Guard<E, D>, $($argument,)*) {
            type Endpoint = E;
        }
    };
}

guarded!();
guarded!(A1);
guarded!(A1, A2);
guarded!(A1, A2, A3);
guarded!(A1, A2, A3, A4);
guarded!(A1, A2, A3, A4, A5);
guarded!(A1, A2, A3, A4, A5, A6);
guarded!(A1, A2, A3, A4, A5, A6, A7);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14);
guarded!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Declared;

    pub(super) struct Somewhere;

    impl Endpoint for Somewhere {
        type Access = Closed;

        const DECLARED: Declared = Declared::public("guard", "somewhere", []);
    }

    fn parts() -> Parts {
        Request::builder().uri("/path?query").body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn a_declaration_with_an_error_lets_nobody_in() {
        assert!(<Closed as Enforce<()>>::enforce::<Somewhere>(&mut parts(), &()).await.is_err());
        assert!(<Open<false> as Enforce<()>>::enforce::<Somewhere>(&mut parts(), &()).await.is_ok());
    }

    #[test]
    fn an_application_has_no_answers_where_a_policy_never_refuses() {
        assert!(<Open<false> as Enforce<()>>::answers(&()).is_none());
        assert!(<Closed as Enforce<()>>::answers(&()).is_none());
    }

    #[test]
    fn each_argument_fits_the_policy_or_the_handler_does_not_compile() {
        const ACTIVE: Policy = Policy::all(&[Requirement::ActiveUser]);
        let compiles = |policy: Policy, takes: &[Takes]| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fits_all(&policy, takes))).is_ok()
        };
        assert!(compiles(ACTIVE, &[Takes::Nothing, Takes::User, Takes::Token]));
        assert!(compiles(Policy::PUBLIC, &[Takes::Nothing, Takes::OptionalUser]));
        assert!(!compiles(Policy::PUBLIC, &[Takes::User]));
        assert!(!compiles(Policy::PUBLIC, &[Takes::Nothing, Takes::Token]));
    }

    /// What is in it would have to be dropped, which the compiler would look into for each handler.
    #[test]
    fn a_guard_without_rules_holds_nothing() {
        assert_eq!(size_of::<Guard<Somewhere>>(), 0);
        assert!(!std::mem::needs_drop::<Guard<Somewhere>>() && std::mem::needs_drop::<RuleGuard<Somewhere>>());
    }

    #[test]
    fn a_guard_prints_whose_it_is() {
        let guard = Guard::<Somewhere> { denial: (), endpoint: PhantomData };
        let printed = format!("{guard:?}");
        assert!(printed.starts_with("Guard<") && printed.ends_with("::Somewhere>"), "{printed}");
    }
}
