//! The guard: the generated first argument of every annotated handler.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    future::Future,
    marker::PhantomData,
    sync::Arc,
};

use axum::{
    extract::{FromRequestParts, OriginalUri, Request},
    http::request::Parts,
};

use crate::{
    auth::{Auth, AuthState, UsersOf},
    endpoint::{Endpoint, Takes, fits},
    error::{Answers, Refusal, Rejection},
    policy::{
        AppliesTo, Caller, Decision, Facts, KnownUser, NamedPolicy, Policy, Presented, Requirement, Rules, Tested,
    },
    scheme::{
        Scheme, SecurityScheme,
        bearer::{self, Bearer},
        cross_site,
    },
    token::{AccessClaims, TokenFault},
    user::AuthUser,
    watch::AuditEvent,
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
        Err(Answers::default().reject(&Refusal::Unavailable, Rules::of(E::POLICY), parts))
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

/// What a router adds to the policies of its handlers. It comes with the request, from the router alone.
#[derive(Clone)]
pub(crate) struct GroupPolicy(pub(crate) Arc<[Requirement]>);

fn group_of<E: Endpoint>(parts: &Parts) -> Option<GroupPolicy> {
    parts.extensions.get::<GroupPolicy>().filter(|_| !E::OPTIONS.overrides_group).cloned()
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

/// Decides, and leaves the principal for those of the handler's arguments that take it.
async fn pass<E: Endpoint, S: AuthState>(parts: &mut Parts, state: &S) -> Result<(), Rejection> {
    let auth = state.auth();
    let group = group_of::<E>(parts);
    let rules = Rules { group: group.as_ref().map_or(&[], |GroupPolicy(group)| group), own: E::POLICY };
    if E::OPTIONS.observed && !rules.group.is_empty() {
        // The group's policy is not what is being tried out.
        let of_group = Rules { own: Policy::PUBLIC, ..rules };
        let refused = Box::pin(authenticate(auth, parts, of_group, &Wants::default())).await.err();
        if let Some(refusal) = refused {
            return Err(auth.answers().reject(&refusal, of_group, parts));
        }
    }
    match try_authenticate(auth, parts, rules, &Wants::of(E::TAKES)).await {
        Ok(principal) => {
            record_granted(auth, parts, &principal);
            principal.offer(parts, E::TAKES.iter().filter(|takes| **takes != Takes::Nothing).count());
            Ok(())
        }
        Err(refusal) if E::OPTIONS.observed => {
            auth.record(AuditEvent::at("access.observed", parts).because(&refusal));
            Ok(())
        }
        Err(refusal) => {
            record_refused(auth, parts, &refusal);
            Err(auth.answers().reject(&refusal, rules, parts))
        }
    }
}

/// The generated first argument of an annotated handler: that it exists is proof that the policy let the request pass.
///
/// Nothing but its extractor makes one.
pub struct Guard<E> {
    pub(crate) denial: Option<Box<Denial>>,
    endpoint: PhantomData<fn() -> E>,
}

/// What a rule over the handler's arguments needs to refuse with.
pub(crate) struct Denial {
    pub(crate) answers: Arc<Answers>,
    pub(crate) group: Option<GroupPolicy>,
    pub(crate) parts: Parts,
}

/// The guard of a body that is called by a test.
#[cfg(feature = "testing")]
pub(crate) fn for_test<E>() -> Guard<E> {
    Guard { denial: None, endpoint: PhantomData }
}

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
        // What the macro could not ask, for want of concrete types, is asked where they are known.
        const { fits_all(&E::POLICY, E::TAKES) };
        <E::Access as Enforce<S>>::enforce::<E>(parts, state).await?;
        let denial = E::OPTIONS.has_rules().then(|| {
            let answers = <E::Access as Enforce<S>>::answers(state).unwrap_or_default();
            let group = group_of::<E>(parts);
            Box::new(Denial { answers, group, parts: head_of(parts) })
        });
        Ok(Self { denial, endpoint: PhantomData })
    }
}

const fn fits_all(policy: &Policy, takes: &[Takes]) {
    let mut rest = takes;
    while let [first, others @ ..] = rest {
        fits(policy, *first);
        rest = others;
    }
}

/// Who makes the request, as the guard found out.
pub(crate) struct Principal<U> {
    pub(crate) claims: Option<Arc<AccessClaims>>,
    pub(crate) user: Option<U>,
    /// What the schemes yield, each as a value of its own type.
    schemes: Vec<(&'static Scheme, Box<dyn Any + Send + Sync>)>,
    /// The named policies that hold.
    named: Vec<TypeId>,
}

/// A principal in a request's extensions, and how many arguments of the guarded handler may still ask for it. No other handler
/// may: a guarded function can be a middleware, and what is behind it may ask for more than its policy did.
struct Offered<U> {
    principal: Option<Principal<U>>,
    left: usize,
}

/// Extensions have to be cloned with their request. A copy of one that was let in was not let in itself: it offers nobody.
impl<U> Clone for Offered<U> {
    fn clone(&self) -> Self {
        Self { principal: None, left: 0 }
    }
}

impl<U: AuthUser> Principal<U> {
    /// Leaves it for so many arguments, in the place of what another guard may have left.
    fn offer(self, parts: &mut Parts, arguments: usize) {
        if arguments > 0 {
            parts.extensions.insert(Offered { principal: Some(self), left: arguments });
        } else {
            parts.extensions.remove::<Offered<U>>();
        }
    }

    /// The principal that the guard of this handler left for this argument.
    pub(crate) fn take(parts: &mut Parts) -> Option<Taken<'_, U>> {
        if parts.extensions.get::<Offered<U>>()?.left <= 1 {
            let last = parts.extensions.remove::<Offered<U>>()?;
            return last.principal.map(Taken::Last);
        }
        let offered = parts.extensions.get_mut::<Offered<U>>()?;
        offered.left = offered.left.saturating_sub(1);
        offered.principal.as_ref().map(Taken::Shared)
    }

    fn into_scheme<K: SecurityScheme>(self) -> Option<K> {
        self.schemes.into_iter().find_map(|(_, value)| value.downcast().ok()).map(|value| *value)
    }
}

/// What an argument of the handler is given. The last one that takes something need not copy it.
pub(crate) enum Taken<'a, U> {
    Shared(&'a Principal<U>),
    Last(Principal<U>),
}

impl<U: AuthUser> Taken<'_, U> {
    fn principal(&self) -> &Principal<U> {
        match self {
            Self::Shared(principal) => principal,
            Self::Last(principal) => principal,
        }
    }

    pub(crate) fn user(self) -> Option<U> {
        match self {
            Self::Shared(principal) => principal.user.clone(),
            Self::Last(principal) => principal.user,
        }
    }

    pub(crate) fn claims(self) -> Option<Arc<AccessClaims>> {
        self.principal().claims.clone()
    }

    /// What a scheme yields.
    pub(crate) fn scheme<K: SecurityScheme>(self) -> Option<K> {
        match self {
            Self::Shared(principal) => principal.schemes.iter().find_map(|(_, value)| value.downcast_ref()).cloned(),
            Self::Last(principal) => principal.into_scheme(),
        }
    }

    /// Whether this policy holds.
    pub(crate) fn holds<P: NamedPolicy>(&self) -> bool {
        self.principal().named.contains(&TypeId::of::<P>())
    }
}

/// What the arguments ask for, beside the policy.
#[derive(Default)]
pub(crate) struct Wants {
    pub(crate) token: bool,
    pub(crate) user: bool,
    pub(crate) optional_user: bool,
    pub(crate) schemes: Vec<&'static Scheme>,
}

impl Wants {
    fn of(takes: &[Takes]) -> Self {
        let mut wants = Self::default();
        for takes in takes {
            match takes {
                Takes::Nothing | Takes::Proof(_) => {}
                Takes::Token | Takes::OptionalToken => wants.token = true,
                Takes::User => wants.user = true,
                Takes::OptionalUser => wants.optional_user = true,
                Takes::Scheme(scheme) | Takes::OptionalScheme(scheme) => wants.schemes.push(scheme),
            }
        }
        wants
    }
}

/// The way of a guarded request: credentials, what they are good for, user, decision. Nothing is done that neither the
/// policy nor the handler needs.
pub(crate) async fn authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: Rules<'_>,
    wants: &Wants,
) -> Result<Principal<U>, Refusal> {
    let outcome = try_authenticate(auth, parts, rules, wants).await;
    match &outcome {
        Ok(principal) => record_granted(auth, parts, principal),
        Err(refusal) => record_refused(auth, parts, refusal),
    }
    outcome
}

fn record_granted<U: AuthUser>(auth: &Auth<U>, parts: &Parts, principal: &Principal<U>) {
    if !auth.answers().watch.sees_granted() {
        return;
    }
    let user = principal.claims.as_ref().map(|claims| claims.subject.as_str());
    auth.record(AuditEvent { user, ..AuditEvent::at("access.granted", parts) });
}

fn record_refused<U>(auth: &Auth<U>, parts: &Parts, refusal: &Refusal) {
    auth.record(AuditEvent::at("access.refused", parts).because(refusal));
}

async fn try_authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: Rules<'_>,
    wants: &Wants,
) -> Result<Principal<U>, Refusal> {
    let wants_user = wants.user || wants.optional_user || rules.needs_user();
    let (claims, user) = if wants_user || wants.token || rules.needs_token() {
        token_and_user(auth, parts, wants_user).await?
    } else {
        (None, None)
    };
    // What has to be waited for is on the heap: most requests need not wait, and every request carries the size of this.
    let mut wanted = rules.schemes();
    wanted.extend(&wants.schemes);
    let Shown { schemes, presented } =
        if wanted.is_empty() { Shown::default() } else { Box::pin(read_schemes(auth, parts, &wanted)).await? };

    let known = user.as_ref().map(|user| user as &dyn KnownUser);
    let token = claims.as_deref();
    let facts = Facts { token, user: known, schemes: &presented };
    let caller = Caller { parts, token, user: known };
    let named = decide(rules, &facts, &caller).await?;
    // Nobody asked for this user: who is disabled is nobody, rather than an optional somebody.
    if wants.optional_user && !rules.own.implies_token() && user.as_ref().is_some_and(AuthUser::is_disabled) {
        return Err(Refusal::Inactive);
    }
    Ok(Principal { claims, user, schemes, named })
}

/// The credentials of security schemes that a request shows.
#[derive(Default)]
struct Shown {
    schemes: Vec<(&'static Scheme, Box<dyn Any + Send + Sync>)>,
    presented: Vec<Presented>,
}

async fn read_schemes<U>(auth: &Auth<U>, parts: &Parts, wanted: &[&'static Scheme]) -> Result<Shown, Refusal> {
    let mut shown = Shown::default();
    for scheme in wanted {
        if shown.presented.iter().any(|present| present.scheme == *scheme) {
            continue;
        }
        if let Some(found) = (scheme.read)(scheme, auth.authenticators(), parts).await? {
            shown.presented.push(Presented { scheme, scopes: found.scopes });
            shown.schemes.push((scheme, found.value));
        }
    }
    Ok(shown)
}

/// Whom the token stands for. A token that is there is good, or the request is refused.
async fn token_and_user<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    wants_user: bool,
) -> Result<(Option<Arc<AccessClaims>>, Option<U>), Refusal> {
    #[cfg(feature = "testing")]
    if let Some(acting) = parts.extensions.get::<crate::testing::Acting<U>>() {
        return Ok(acting.principal());
    }
    let shown = bearer::shown(&parts.headers, auth.answers().session_cookie).map_err(Refusal::InvalidToken)?;
    let claims = match shown {
        None => return Ok((None, None)),
        Some(Bearer::Header(token)) => auth.verify_token(token).await?,
        Some(Bearer::Cookie(_)) if is_forgeable(auth, parts) => return Err(Refusal::CrossSite),
        Some(Bearer::Cookie(token)) => Box::pin(auth.verify_cookie(&token)).await?,
    };
    if !wants_user {
        return Ok((Some(claims), None));
    }
    if claims.is_of_client() {
        return Err(Refusal::InvalidToken(TokenFault::OfClient));
    }
    let user = auth.find_user(&claims.subject).await?.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?;
    Ok((Some(claims), Some(user)))
}

/// Whether a page of another site may have sent this request, with the cookies that its user has here.
pub(crate) fn is_forgeable<U>(auth: &Auth<U>, parts: &Parts) -> bool {
    cross_site::is_forgeable(parts, auth.authenticators().trusted_origins())
}

/// Asks the policy, and its predicates for as long as it depends on them. Gives the named policies that hold.
pub(crate) async fn decide(rules: Rules<'_>, facts: &Facts<'_>, caller: &Caller<'_>) -> Result<Vec<TypeId>, Refusal> {
    match rules.decide(facts, &Tested::new()) {
        Decision::Allowed => Ok(rules.held()),
        Decision::Refused(refusal) => Err(refusal),
        Decision::Ask(..) => Box::pin(ask(rules, facts, caller)).await,
    }
}

async fn ask(rules: Rules<'_>, facts: &Facts<'_>, caller: &Caller<'_>) -> Result<Vec<TypeId>, Refusal> {
    let mut tested = Tested::new();
    loop {
        match rules.decide(facts, &tested) {
            Decision::Allowed => return Ok(rules.held()),
            Decision::Refused(refusal) => return Err(refusal),
            Decision::Ask(number, predicate) => {
                let answer = predicate.test(caller).await?;
                if tested.len() <= number {
                    tested.resize(number + 1, None);
                }
                // The place was made just now.
                if let Some(place) = tested.get_mut(number) {
                    *place = Some(answer);
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{endpoint::Source, openapi::Describe};

    struct Somewhere;

    impl Endpoint for Somewhere {
        type Access = Closed;

        const POLICY: Policy = Policy::PUBLIC;
        const SOURCE: Source = Source::here("guard", "somewhere", &[]);

        fn describe(_: &mut Describe) {}
    }

    fn parts() -> Parts {
        Request::builder().uri("/path?query").body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn a_declaration_with_an_error_lets_nobody_in() {
        assert!(<Closed as Enforce<()>>::enforce::<Somewhere>(&mut parts(), &()).await.is_err());
        assert!(<Open<false> as Enforce<()>>::enforce::<Somewhere>(&mut parts(), &()).await.is_ok());
    }

    #[derive(crate::AuthUser, Clone)]
    #[auth(no_password, always_active)]
    struct User {
        #[auth(username)]
        name: String,
    }

    fn principal() -> Principal<User> {
        let user = Some(User { name: "john".to_owned() });
        Principal { claims: None, user, schemes: Vec::new(), named: Vec::new() }
    }

    fn taken(parts: &mut Parts) -> Option<String> {
        Principal::<User>::take(parts).and_then(Taken::user).map(|user| user.name)
    }

    #[test]
    fn a_principal_is_taken_by_as_many_arguments_as_ask_for_it_and_by_no_other() {
        for arguments in 0..4 {
            let mut parts = parts();
            principal().offer(&mut parts, arguments);
            for _ in 0..arguments {
                assert_eq!(taken(&mut parts).as_deref(), Some("john"));
            }
            assert_eq!(taken(&mut parts), None);
        }
    }

    #[test]
    fn what_one_guard_left_is_gone_with_the_next() {
        let mut parts = parts();
        principal().offer(&mut parts, 2);
        principal().offer(&mut parts, 0);
        assert_eq!(taken(&mut parts), None);
    }

    #[test]
    fn a_copy_of_a_request_was_not_let_in() {
        let mut parts = parts();
        principal().offer(&mut parts, 1);
        assert_eq!(taken(&mut parts.clone()), None);
        assert_eq!(taken(&mut parts).as_deref(), Some("john"));
    }

    /// The future of a handler is as large as what it waits for, and is moved more than once with every request.
    #[tokio::test]
    async fn a_guard_makes_a_handler_s_future_little_larger() {
        let key = crate::SigningKey::generate(&crate::Randomness::default()).unwrap();
        let auth = Auth::builder(crate::MemoryUsers::<User>::new()).signing_key(key).build().unwrap();
        let mut parts = parts();
        let size = size_of_val(&pass::<Somewhere, Auth<User>>(&mut parts, &auth));
        assert!(size <= 640, "{size} bytes");
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

    #[test]
    fn a_guard_prints_whose_it_is() {
        let guard = Guard::<Somewhere> { denial: None, endpoint: PhantomData };
        let printed = format!("{guard:?}");
        assert!(printed.starts_with("Guard<") && printed.ends_with("::Somewhere>"), "{printed}");
    }
}
