//! The guard: the generated first argument of every annotated handler.

use std::{
    any::type_name,
    fmt,
    future::Future,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::{Auth, AuthState, UsersOf},
    endpoint::{Endpoint, Takes},
    error::{Answers, Refusal, Rejection},
    policy::{Facts, Policy, Requirement},
    scheme::bearer,
    token::{AccessClaims, TokenFault},
    user::AuthUser,
};

/// Access without a credential. `KNOWS_USER`: a credential that is there all the same is verified, for an argument of type
/// `Option<User>`; otherwise the guard touches no state.
#[derive(Debug, Clone, Copy)]
pub struct Open<const KNOWS_USER: bool>;

/// Access of whoever the policy lets pass.
#[derive(Debug, Clone, Copy)]
pub struct Protected;

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
    fn answers(state: &S) -> Option<Answers>;
}

impl<S: Sync> Enforce<S> for Open<false> {
    async fn enforce<E: Endpoint>(_: &mut Parts, _: &S) -> Result<(), Rejection> {
        Ok(())
    }

    fn answers(_: &S) -> Option<Answers> {
        None
    }
}

impl<S: Sync> Enforce<S> for Closed {
    async fn enforce<E: Endpoint>(_: &mut Parts, _: &S) -> Result<(), Rejection> {
        Err(Answers::default().reject(&Refusal::Unavailable, &E::POLICY))
    }

    fn answers(_: &S) -> Option<Answers> {
        None
    }
}

impl<S: AuthState> Enforce<S> for Open<true> {
    async fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
        if matches!(bearer::credential(&parts.headers), Ok(None)) {
            return Ok(());
        }
        pass::<E, S>(parts, state, &ACTIVE_USER).await
    }

    fn answers(state: &S) -> Option<Answers> {
        Some(state.auth().answers().clone())
    }
}

impl<U: AuthUser, S: UsersOf<U>> Enforce<S> for TokenEndpoint<U> {
    async fn enforce<E: Endpoint>(_: &mut Parts, _: &S) -> Result<(), Rejection> {
        Ok(())
    }

    fn answers(state: &S) -> Option<Answers> {
        Some(state.users_auth().answers().clone())
    }
}

impl<S: AuthState> Enforce<S> for Protected {
    async fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
        pass::<E, S>(parts, state, &E::POLICY).await
    }

    fn answers(state: &S) -> Option<Answers> {
        Some(state.auth().answers().clone())
    }
}

/// What a credential has to be good for where nothing else is said.
pub(crate) const ACTIVE_USER: Policy = Policy::all(&[Requirement::ActiveUser]);

/// Decides, and leaves the principal for those of the handler's arguments that take it.
async fn pass<E: Endpoint, S: AuthState>(parts: &mut Parts, state: &S, policy: &Policy) -> Result<(), Rejection> {
    let auth = state.auth();
    let takes_user = E::TAKES.iter().any(|takes| matches!(takes, Takes::User | Takes::OptionalUser));
    match authenticate(auth, parts, policy, takes_user).await {
        Ok(principal) => {
            let left = E::TAKES.iter().filter(|takes| **takes != Takes::Nothing).count();
            parts.extensions.insert(Arc::new(Offered { principal, left: AtomicUsize::new(left) }));
            Ok(())
        }
        Err(refusal) => Err(auth.answers().reject(&refusal, policy)),
    }
}

/// The generated first argument of an annotated handler: that it exists is proof that the policy let the request pass.
///
/// Nothing but its extractor makes one.
pub struct Guard<E>(PhantomData<fn() -> E>);

impl<E> fmt::Debug for Guard<E> {
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
        <E::Access as Enforce<S>>::enforce::<E>(parts, state).await?;
        Ok(Self(PhantomData))
    }
}

/// Who makes the request, as the guard found out.
pub(crate) struct Principal<U> {
    pub(crate) claims: AccessClaims,
    pub(crate) user: Option<U>,
}

/// A principal, and how many arguments of the guarded handler may still ask for it. No other handler may: a guarded
/// function can be a middleware, and what is behind it may ask for more than its policy did.
struct Offered<U> {
    principal: Principal<U>,
    left: AtomicUsize,
}

impl<U: AuthUser> Principal<U> {
    /// The principal that the guard of this handler left for this argument.
    pub(crate) fn take(parts: &Parts) -> Option<&Self> {
        let offered = parts.extensions.get::<Arc<Offered<U>>>()?;
        let one_less = |left: usize| left.checked_sub(1);
        offered.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less).ok()?;
        Some(&offered.principal)
    }
}

/// The way of a guarded request: credential, token, user, decision. The user is looked up only where the policy or the
/// handler needs one.
pub(crate) async fn authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    policy: &Policy,
    takes_user: bool,
) -> Result<Principal<U>, Refusal> {
    let outcome = try_authenticate(auth, parts, policy, takes_user).await;
    let (method, path) = (&parts.method, parts.uri.path());
    match &outcome {
        Ok(principal) => {
            tracing::debug!(event = "access.granted", %method, path, user = ?principal.claims.subject);
        }
        Err(Refusal::InvalidToken(fault)) => {
            tracing::info!(event = "access.refused", %method, path, reason = "invalid_token", %fault);
        }
        Err(refusal) => tracing::info!(event = "access.refused", %method, path, reason = refusal.event()),
    }
    outcome
}

async fn try_authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    policy: &Policy,
    takes_user: bool,
) -> Result<Principal<U>, Refusal> {
    let token = bearer::credential(&parts.headers).map_err(Refusal::InvalidToken)?.ok_or(Refusal::NoCredentials)?;
    let claims = auth.verify_token(token).await?;
    let user = if takes_user || policy.needs_user() {
        let found = auth.find_user(&claims.subject).await?;
        Some(found.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?)
    } else {
        None
    };
    policy.decide(&Facts { scopes: &claims.scopes, disabled: user.as_ref().map(AuthUser::is_disabled) })?;
    Ok(Principal { claims, user })
}

/// The argument tuple of a handler whose first argument is a [`Guard`]: a handler that states its policy.
#[diagnostic::on_unimplemented(
    message = "this handler does not say who may call it",
    label = "no policy on this handler",
    note = "annotate it with `#[requires_active_user]`, `#[requires_user]`, `#[requires_token]`, `#[requires_scopes(..)]`, `#[public]` or `#[token_endpoint(..)]`"
)]
pub trait Guarded {
    /// The type on which the macro declared the handler.
    type Endpoint: Endpoint;
}

macro_rules! guarded {
    ($($argument:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, E: Endpoint, $($argument),*> Guarded for (M, Guard<E>, $($argument,)*) {
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
