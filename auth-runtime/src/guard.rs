//! The guard: the generated first argument of every annotated handler.

use std::{any::type_name, fmt, future::Future, marker::PhantomData, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::{Auth, AuthState, UsersOf},
    error::{Answers, Refusal, Rejection},
    openapi::Describe,
    policy::{Facts, Policy, Requirement},
    scheme::bearer,
    token::{AccessClaims, TokenFault},
    user::AuthUser,
};

/// An annotated handler, as the macro declares it on a type of its own.
pub trait Endpoint: Send + Sync + 'static {
    /// [`Open`], [`Protected`] or [`TokenEndpoint`].
    type Access;

    /// Who may call.
    const POLICY: Policy;

    /// What each of the handler's own arguments takes from the guard.
    const TAKES: &'static [Takes] = &[];

    /// Where and how the handler is written.
    const SOURCE: Source;

    /// Describes arguments and result for the document.
    fn describe(operation: &mut Describe);
}

/// Where a handler stands in the source, and what is written above it.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The function's name.
    pub name: &'static str,
    /// Its documentation, a line each.
    pub docs: &'static [&'static str],
    /// The module that it is in.
    pub module: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line of its name.
    pub line: u32,
}

impl Source {
    /// A handler of this name, with these lines of documentation.
    #[must_use]
    pub const fn new(name: &'static str, docs: &'static [&'static str]) -> Self {
        Self { name, docs, module: "", file: "", line: 0 }
    }

    /// Where it stands.
    #[must_use]
    pub const fn at(self, module: &'static str, file: &'static str, line: u32) -> Self {
        Self { module, file, line, ..self }
    }
}

/// An annotated handler that says where it is mounted.
#[diagnostic::on_unimplemented(
    message = "this handler states its policy, and not its path",
    label = "where is it mounted?",
    note = "add one of `#[get(\"/path\")]`, `#[post(..)]`, `#[put(..)]`, `#[patch(..)]`, `#[delete(..)]`, `#[head(..)]`, `#[options(..)]` to it, or use it with a plain `axum::Router`, where it is guarded all the same"
)]
pub trait Routed: Endpoint {
    /// Method and path.
    const ROUTE: Route;
}

/// Method and path of a handler, checked by the macro.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, as axum writes it.
    pub path: &'static str,
    /// The group under which the document lists it.
    pub tag: Option<&'static str>,
    /// Its name in the document, where it is not the function's.
    pub operation_id: Option<&'static str>,
}

impl Route {
    /// This method at this path.
    #[must_use]
    pub const fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path, tag: None, operation_id: None }
    }

    /// In this group.
    #[must_use]
    pub const fn tag(self, tag: &'static str) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Under this name.
    #[must_use]
    pub const fn operation_id(self, operation_id: &'static str) -> Self {
        Self { operation_id: Some(operation_id), ..self }
    }
}

/// What an argument of a handler takes from the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// The user.
    User,
    /// The user, if there is one.
    OptionalUser,
    /// The token's claims.
    Token,
}

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

/// Whether an argument is the user, if there is one.
#[must_use]
pub const fn knows_user(takes: &[Takes]) -> bool {
    let mut rest = takes;
    while let [first, others @ ..] = rest {
        if matches!(first, Takes::OptionalUser) {
            return true;
        }
        rest = others;
    }
    false
}

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

impl<S: AuthState> Enforce<S> for Open<true> {
    async fn enforce<E: Endpoint>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
        if matches!(bearer::credential(&parts.headers), Ok(None)) {
            return Ok(());
        }
        pass(parts, state, &ACTIVE_USER, true).await
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
        let takes_user = E::TAKES.iter().any(|takes| matches!(takes, Takes::User | Takes::OptionalUser));
        pass(parts, state, &E::POLICY, takes_user).await
    }

    fn answers(state: &S) -> Option<Answers> {
        Some(state.auth().answers().clone())
    }
}

/// What a credential has to be good for where nothing else is said.
pub(crate) const ACTIVE_USER: Policy = Policy::all(&[Requirement::ActiveUser]);

/// Decides, and leaves the principal for the handler's arguments.
async fn pass<S: AuthState>(parts: &mut Parts, state: &S, policy: &Policy, takes_user: bool) -> Result<(), Rejection> {
    let auth = state.auth();
    match authenticate(auth, parts, policy, takes_user).await {
        Ok(principal) => {
            parts.extensions.insert(Arc::new(principal));
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

impl<U: AuthUser> Principal<U> {
    pub(crate) fn of(parts: &Parts) -> Option<&Self> {
        parts.extensions.get::<Arc<Self>>().map(Arc::as_ref)
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

/// The access token of this request, as a handler's argument: whom it was issued to, and what for.
///
/// ```
/// use auth_runtime::prelude::*;
///
/// /// What your token is good for.
/// #[get("/token")]
/// #[requires_token]
/// async fn token(token: AccessToken) -> String {
///     token.scopes.join(" ")
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AccessToken {
    claims: AccessClaims,
    text: crate::secret::Secret,
}

impl AccessToken {
    /// The token itself, as the client sent it.
    #[must_use]
    pub fn text(&self) -> &crate::secret::Secret {
        &self.text
    }
}

impl std::ops::Deref for AccessToken {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.claims
    }
}

impl<S: AuthState> FromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        const TOKEN: Policy = Policy::all(&[]);
        let auth = state.auth();
        let claims = match Principal::<S::User>::of(parts) {
            Some(principal) => principal.claims.clone(),
            None => match authenticate(auth, parts, &TOKEN, false).await {
                Ok(principal) => principal.claims,
                Err(refusal) => return Err(auth.answers().reject(&refusal, &TOKEN)),
            },
        };
        match bearer::credential(&parts.headers) {
            Ok(Some(text)) => Ok(Self { claims, text: crate::secret::Secret::new(text) }),
            Ok(None) => Err(auth.answers().reject(&Refusal::NoCredentials, &TOKEN)),
            Err(fault) => Err(auth.answers().reject(&Refusal::InvalidToken(fault), &TOKEN)),
        }
    }
}

/// Refuses to compile a public handler that takes what only a credential gives.
///
/// # Panics
/// Where it does: the compiler evaluates it, and the panic is a compile error.
#[expect(clippy::panic, reason = "evaluated by the compiler alone: it becomes a compile error")]
pub const fn public_takes(takes: Takes) {
    match takes {
        Takes::Nothing | Takes::OptionalUser => {}
        Takes::User => panic!(
            "this handler is #[public] and takes a user: write `Option<..>` to know the user if there is one, or replace #[public] by #[requires_user] or #[requires_active_user]"
        ),
        Takes::Token => {
            panic!("this handler is #[public] and takes an access token: replace #[public] by #[requires_token]")
        }
    }
}
