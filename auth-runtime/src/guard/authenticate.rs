//! The way of a guarded request: credentials, what they are good for, user, decision.

use std::{any::Any, future::Future, sync::Arc};

use axum::http::request::Parts;

use super::Principal;
use crate::{
    auth::Auth,
    endpoint::Takes,
    error::Refusal,
    policy::{Caller, Decision, Facts, KnownUser, Presented, Rules},
    scheme::{
        Scheme,
        bearer::{self, Bearer, Glance},
        cross_site,
    },
    store::{Boxed, Lookup, StoreError},
    token::{AccessClaims, TokenFault},
    user::AuthUser,
};

/// What the arguments ask for, beside the policy.
pub(crate) struct Wants {
    token: bool,
    user: bool,
    optional_user: bool,
    /// Whether credentials of schemes are asked for.
    schemes: bool,
    /// Whether proofs are, that a named policy holds.
    proofs: bool,
    /// How many arguments ask for something.
    pub(super) arguments: usize,
    pub(super) takes: &'static [Takes],
}

impl Wants {
    pub(crate) const NOTHING: Self = Self {
        token: false,
        user: false,
        optional_user: false,
        schemes: false,
        proofs: false,
        arguments: 0,
        takes: &[],
    };

    pub(crate) const fn of(takes: &'static [Takes]) -> Self {
        let mut wants = Self { takes, ..Self::NOTHING };
        let mut rest = takes;
        while let [first, others @ ..] = rest {
            match first {
                Takes::Nothing => {}
                Takes::Proof(_) => wants.proofs = true,
                Takes::Scheme(_) | Takes::OptionalScheme(_) => wants.schemes = true,
                Takes::Token | Takes::OptionalToken => wants.token = true,
                Takes::User => wants.user = true,
                Takes::OptionalUser => wants.optional_user = true,
            }
            if !matches!(first, Takes::Nothing) {
                wants.arguments += 1;
            }
            rest = others;
        }
        wants
    }

    /// Whether anything is asked for but tokens and users.
    fn beside(&self) -> bool {
        self.schemes || self.proofs
    }

    fn schemes(&self) -> impl Iterator<Item = &'static Scheme> {
        self.takes.iter().filter_map(|takes| match takes {
            Takes::Scheme(scheme) | Takes::OptionalScheme(scheme) => Some(*scheme),
            _ => None,
        })
    }
}

/// Decides for whoever is no guard, or for the policy of a group alone, and tells whoever watches. Nothing is done that neither the
/// policy nor the argument needs.
pub(crate) async fn authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: Rules<'_>,
    wants: &Wants,
) -> Result<Principal<U>, Refusal> {
    let outcome = Check::new(auth, rules, wants).outcome(parts).await;
    let watch = &auth.answers().watch;
    match &outcome {
        Ok(principal) => watch.granted(parts, principal.subject()),
        Err(refusal) => watch.refused("access.refused", parts, refusal),
    }
    outcome
}

/// One request's check: by whom, against which rules, for which arguments.
pub(super) struct Check<'a, 'r, U> {
    auth: &'a Auth<U>,
    rules: Rules<'r>,
    wants: &'r Wants,
    wants_user: bool,
}

/// How far a request comes without waiting.
pub(super) enum Step<'a, U, T> {
    /// All the way.
    Done(T),
    Wait(Awaited<'a, U>),
}

/// What a request waits for.
pub(super) enum Awaited<'a, U> {
    /// What its token says; of one that was verified before, whether it was revoked.
    Token(Option<Arc<AccessClaims>>),
    /// The user of its token.
    User(Arc<AccessClaims>, Boxed<'a, Result<Option<Arc<U>>, StoreError>>),
    /// Other credentials, or what a predicate answers.
    Decision(Known<U>),
}

/// What is known of who asks, by a token.
pub(super) struct Known<U> {
    claims: Option<Arc<AccessClaims>>,
    user: Option<Arc<U>>,
}

/// Most requests wait for nothing, and so each step is a function: what a future may need after it has waited is kept in memory,
/// and every handler's future would have room for it. The steps are inlined into the first, so that such a request passes few
/// lines of the processor's cache: 20 fewer, counted.
impl<'a, 'r, U: AuthUser> Check<'a, 'r, U> {
    pub(super) fn new(auth: &'a Auth<U>, rules: Rules<'r>, wants: &'r Wants) -> Self {
        let wants_user = wants.user || wants.optional_user || rules.needs_user();
        Self { auth, rules, wants, wants_user }
    }

    /// As far as it goes without waiting.
    #[inline(always)]
    pub(super) fn at_once(&self, parts: &Parts) -> Step<'a, U, Result<Principal<U>, Refusal>> {
        let wants_token = self.wants_user || self.wants.token || self.rules.needs_token();
        if let Some(known) = acting(parts).filter(|_| wants_token) {
            return self.of_known(known);
        }
        let claims = if wants_token { look(self.auth, parts) } else { Step::Done(None) };
        match claims {
            Step::Done(claims) => self.of_claims(claims),
            Step::Wait(token) => Step::Wait(token),
        }
    }

    /// What remains, with all that it has to wait for.
    pub(super) async fn at_length(&self, parts: &Parts, mut awaited: Awaited<'a, U>) -> Result<Principal<U>, Refusal> {
        loop {
            let step = match awaited {
                // A token that is there is good, or the request is refused.
                Awaited::Token(seen) => self.of_claims(token(self.auth, parts, seen).await?),
                Awaited::User(claims, user) => {
                    let user = self.auth.bounded(user).await?.ok_or_else(unknown_user)?;
                    self.of_known(Known { claims: Some(claims), user: Some(user) })
                }
                Awaited::Decision(known) => return self.with_all(parts, known).await,
            };
            match step {
                Step::Done(outcome) => return outcome,
                Step::Wait(next) => awaited = next,
            }
        }
    }

    /// At once where that is possible, or else at length.
    pub(super) async fn outcome(&self, parts: &Parts) -> Result<Principal<U>, Refusal> {
        match self.at_once(parts) {
            Step::Done(outcome) => outcome,
            Step::Wait(awaited) => out_of_line(|| self.at_length(parts, awaited)).await,
        }
    }

    #[inline(always)]
    fn of_claims(&self, claims: Option<Arc<AccessClaims>>) -> Step<'a, U, Result<Principal<U>, Refusal>> {
        let user = match &claims {
            Some(claims) if self.wants_user => {
                if claims.is_of_client() {
                    return Step::Done(Err(Refusal::InvalidToken(TokenFault::OfClient)));
                }
                match self.auth.find_shared(&claims.subject) {
                    Lookup::Known(Some(user)) => Some(user),
                    Lookup::Known(None) => return Step::Done(Err(unknown_user())),
                    Lookup::Read(user) => return Step::Wait(Awaited::User(Arc::clone(claims), user)),
                }
            }
            _ => None,
        };
        self.of_known(Known { claims, user })
    }

    #[inline(always)]
    fn of_known(&self, known: Known<U>) -> Step<'a, U, Result<Principal<U>, Refusal>> {
        if self.wants.schemes || !self.rules.schemes().is_empty() {
            return Step::Wait(Awaited::Decision(known));
        }
        match self.rules.decide(&known.facts(&[]), &[]) {
            Decision::Allowed => Step::Done(self.admitted(known, Vec::new())),
            Decision::Refused(lacks) => Step::Done(Err(lacks.into())),
            Decision::Ask(..) => Step::Wait(Awaited::Decision(known)),
        }
    }

    async fn with_all(&self, parts: &Parts, known: Known<U>) -> Result<Principal<U>, Refusal> {
        let mut wanted = self.rules.schemes();
        wanted.extend(self.wants.schemes());
        let Schemes { yielded, presented } = read_schemes(self.auth, parts, wanted).await?;
        let facts = known.facts(&presented);
        let caller = Caller { parts, token: facts.token, user: facts.user };
        decide(self.rules, facts, caller).await?;
        self.admitted(known, yielded)
    }

    #[inline(always)]
    fn admitted(
        &self,
        Known { claims, user }: Known<U>,
        schemes: Vec<Box<dyn Any + Send + Sync>>,
    ) -> Result<Principal<U>, Refusal> {
        // Nobody asked for this user: who is disabled is nobody, rather than an optional somebody.
        let nobody_asked = self.wants.optional_user && !self.rules.own.implies_token();
        if nobody_asked && user.as_deref().is_some_and(AuthUser::is_disabled) {
            return Err(Refusal::Inactive);
        }
        let principal = Principal::new(claims, user);
        Ok(if self.wants.beside() { principal.beside(schemes, self.rules.held()) } else { principal })
    }
}

fn unknown_user() -> Refusal {
    Refusal::InvalidToken(TokenFault::UnknownUser)
}

/// What most requests do without. It is cold and not inlined, so that the code that they pass is dense in the processor's cache.
#[cold]
#[inline(never)]
pub(super) fn out_of_line<'a, T, F: Future<Output = T> + Send + 'a>(future: impl FnOnce() -> F) -> Boxed<'a, T> {
    Box::pin(future())
}

impl<U: AuthUser> Known<U> {
    fn facts<'a>(&'a self, schemes: &'a [Presented]) -> Facts<'a> {
        let user = self.user.as_deref().map(|user| user as &dyn KnownUser);
        Facts { token: self.claims.as_deref(), user, schemes }
    }
}

/// Whom a test acts as.
#[cfg(feature = "testing")]
fn acting<U: AuthUser>(parts: &Parts) -> Option<Known<U>> {
    let (claims, user) = parts.extensions.get::<crate::testing::Acting<U>>()?.principal();
    Some(Known { claims, user })
}

#[cfg(not(feature = "testing"))]
fn acting<U>(_: &Parts) -> Option<Known<U>> {
    None
}

/// The credentials of security schemes that a request shows, and what each of them yields.
#[derive(Default)]
struct Schemes {
    yielded: Vec<Box<dyn Any + Send + Sync>>,
    presented: Vec<Presented>,
}

async fn read_schemes<U>(auth: &Auth<U>, parts: &Parts, wanted: Vec<&'static Scheme>) -> Result<Schemes, Refusal> {
    let mut schemes = Schemes::default();
    for scheme in wanted {
        if schemes.presented.iter().any(|present| present.scheme == scheme) {
            continue;
        }
        if let Some(found) = (scheme.read)(scheme, auth.authenticators(), parts).await? {
            schemes.presented.push(Presented { scheme, scopes: found.scopes });
            schemes.yielded.push(found.value);
        }
    }
    Ok(schemes)
}

/// A token that was verified before, and is sent as most clients send it, is known by its digest.
fn look<'a, U: AuthUser>(auth: &Auth<U>, parts: &Parts) -> Step<'a, U, Option<Arc<AccessClaims>>> {
    match bearer::at_a_glance(&parts.headers) {
        Glance::Nothing if !auth.answers().session_cookie => Step::Done(None),
        Glance::Token(token) => match auth.seen_before(token) {
            Some(claims) if !auth.asks_for_revocations() => Step::Done(Some(claims)),
            seen => Step::Wait(Awaited::Token(seen)),
        },
        Glance::Nothing | Glance::Other => Step::Wait(Awaited::Token(None)),
    }
}

/// What the token of a request says, where it shows one. One that was not seen before is taken apart.
async fn token<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    seen: Option<Arc<AccessClaims>>,
) -> Result<Option<Arc<AccessClaims>>, Refusal> {
    if let Some(claims) = seen {
        return auth.unless_revoked(claims).await.map(Some);
    }
    let credential = bearer::presented(&parts.headers, auth.answers().session_cookie).map_err(Refusal::InvalidToken)?;
    Ok(Some(match credential {
        None => return Ok(None),
        Some(Bearer::Header(token)) => auth.verify_token(token).await?,
        Some(Bearer::Cookie(_)) if is_forgeable(auth, parts) => return Err(Refusal::CrossSite),
        Some(Bearer::Cookie(token)) => auth.verify_cookie(&token).await?,
    }))
}

/// Whether a page of another site may have sent this request, with the cookies that its user has here.
pub(crate) fn is_forgeable<U>(auth: &Auth<U>, parts: &Parts) -> bool {
    cross_site::is_forgeable(parts, auth.authenticators().trusted_origins())
}

/// Asks the policy, and its predicates for as long as it depends on them.
pub(crate) async fn decide(rules: Rules<'_>, facts: Facts<'_>, caller: Caller<'_>) -> Result<(), Refusal> {
    let mut tested = Vec::new();
    loop {
        match rules.decide(&facts, &tested) {
            Decision::Allowed => return Ok(()),
            Decision::Refused(lacks) => return Err(lacks.into()),
            Decision::Ask(number, predicate) => {
                let answer = predicate.test(&caller).await?;
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
