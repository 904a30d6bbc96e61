//! The way of a guarded request: credentials, what they are good for, user, decision.

use std::{
    any::{Any, TypeId},
    future::Future,
    sync::Arc,
};

use axum::http::request::Parts;

use super::Principal;
use crate::{
    auth::Auth,
    endpoint::Takes,
    error::Refusal,
    policy::{Caller, Decision, Facts, KnownUser, Presented, Rules, Tested},
    scheme::{
        Scheme,
        bearer::{self, Bearer, Glance},
        cross_site,
    },
    store::{Boxed, Lookup},
    token::{AccessClaims, TokenFault},
    user::AuthUser,
};

/// What the arguments ask for, beside the policy.
#[derive(Default)]
pub(crate) struct Wants {
    token: bool,
    user: bool,
    optional_user: bool,
    /// Whether credentials of schemes are asked for.
    schemes: bool,
    /// How many arguments ask for something.
    pub(super) arguments: usize,
    pub(super) takes: &'static [Takes],
}

impl Wants {
    pub(crate) const fn of(takes: &'static [Takes]) -> Self {
        let mut wants = Self { token: false, user: false, optional_user: false, schemes: false, arguments: 0, takes };
        let mut rest = takes;
        while let [first, others @ ..] = rest {
            match first {
                Takes::Nothing | Takes::Proof(_) => {}
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

    fn schemes(&self) -> impl Iterator<Item = &'static Scheme> {
        self.takes.iter().filter_map(|takes| match takes {
            Takes::Scheme(scheme) | Takes::OptionalScheme(scheme) => Some(*scheme),
            _ => None,
        })
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
    let outcome = try_authenticate(auth, parts, &rules, wants).await;
    let watch = &auth.answers().watch;
    match &outcome {
        Ok(principal) => watch.granted(parts, principal.subject()),
        Err(refusal) => watch.refused("access.refused", parts, refusal),
    }
    outcome
}

/// What has to be waited for is on the heap. Most requests wait for nothing, and every request carries the size of this: above a
/// kilobyte, a handler's future costs the allocator much more. What a future needs after it may have waited is kept in it, rather
/// than in registers: so the decision is a function of its own.
pub(super) async fn try_authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: &Rules<'_>,
    wants: &Wants,
) -> Result<Principal<U>, Refusal> {
    let wants_user = wants.user || wants.optional_user || rules.needs_user();
    let wants_token = wants_user || wants.token || rules.needs_token();
    let known = match acting(parts).filter(|_| wants_token) {
        Some(known) => known,
        None => {
            // A token that is there is good, or the request is refused.
            let look = if wants_token { at_once(auth, parts) } else { AtOnce::Known(None) };
            let claims = match look {
                AtOnce::Known(claims) => claims,
                AtOnce::Ask(seen) => out_of_line(|| token(auth, parts, seen)).await?,
            };
            let user = match claims.as_deref() {
                Some(claims) if wants_user && claims.is_of_client() => {
                    return Err(Refusal::InvalidToken(TokenFault::OfClient));
                }
                Some(claims) if wants_user => {
                    let user = match auth.find_shared(&claims.subject) {
                        Lookup::Known(user) => user,
                        Lookup::Read(user) => out_of_line(|| auth.bounded(user)).await?,
                    };
                    Some(user.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?)
                }
                _ => None,
            };
            Known { claims, user }
        }
    };
    match decide_at_once(rules, wants, known) {
        Decided::Now(outcome) => outcome,
        Decided::Ask(known) => out_of_line(|| decide_at_length(auth, parts, rules, wants, known)).await,
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

/// What most requests do without. It is cold and not inlined, so that the code that they pass is dense in the processor's cache.
#[cold]
#[inline(never)]
fn out_of_line<'a, T, F: Future<Output = T> + Send + 'a>(future: impl FnOnce() -> F) -> Boxed<'a, T> {
    Box::pin(future())
}

/// What is known of who asks, by a token.
struct Known<U> {
    claims: Option<Arc<AccessClaims>>,
    user: Option<Arc<U>>,
}

impl<U: AuthUser> Known<U> {
    fn facts<'a>(&'a self, schemes: &'a [Presented]) -> Facts<'a> {
        let user = self.user.as_deref().map(|user| user as &dyn KnownUser);
        Facts { token: self.claims.as_deref(), user, schemes }
    }

    fn admitted(
        self,
        rules: &Rules<'_>,
        wants: &Wants,
        schemes: Vec<Box<dyn Any + Send + Sync>>,
        named: Vec<TypeId>,
    ) -> Result<Principal<U>, Refusal> {
        let Self { claims, user } = self;
        // Nobody asked for this user: who is disabled is nobody, rather than an optional somebody.
        if wants.optional_user && !rules.own.implies_token() && user.as_deref().is_some_and(AuthUser::is_disabled) {
            return Err(Refusal::Inactive);
        }
        Ok(Principal { claims, user, schemes, named })
    }
}

enum Decided<U> {
    Now(Result<Principal<U>, Refusal>),
    /// There are other credentials to be read, or a predicate to be asked.
    Ask(Known<U>),
}

/// The decision, where nothing has to be waited for.
fn decide_at_once<U: AuthUser>(rules: &Rules<'_>, wants: &Wants, known: Known<U>) -> Decided<U> {
    if wants.schemes || !rules.schemes().is_empty() {
        return Decided::Ask(known);
    }
    match rules.decide(&known.facts(&[]), &Tested::new()) {
        Decision::Allowed => Decided::Now(known.admitted(rules, wants, Vec::new(), rules.held())),
        Decision::Refused(refusal) => Decided::Now(Err(refusal)),
        Decision::Ask(..) => Decided::Ask(known),
    }
}

/// The decision, whatever it takes.
async fn decide_at_length<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: &Rules<'_>,
    wants: &Wants,
    known: Known<U>,
) -> Result<Principal<U>, Refusal> {
    let mut wanted = rules.schemes();
    wanted.extend(wants.schemes());
    let Schemes { yielded, presented } = read_schemes(auth, parts, wanted).await?;
    let facts = known.facts(&presented);
    let caller = Caller { parts, token: facts.token, user: facts.user };
    let named = decide(*rules, facts, caller).await?;
    known.admitted(rules, wants, yielded, named)
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

/// What a look at the token of a request says.
enum AtOnce {
    /// All there is to know.
    Known(Option<Arc<AccessClaims>>),
    /// There is more to ask: of a token that was verified before, whether it was revoked.
    Ask(Option<Arc<AccessClaims>>),
}

/// A token that was verified before, and is sent as most clients send it, is known by its digest.
fn at_once<U: AuthUser>(auth: &Auth<U>, parts: &Parts) -> AtOnce {
    match bearer::at_a_glance(&parts.headers) {
        Glance::Nothing if !auth.answers().session_cookie => AtOnce::Known(None),
        Glance::Token(token) => match auth.seen_before(token) {
            Some(claims) if !auth.asks_for_revocations() => AtOnce::Known(Some(claims)),
            seen => AtOnce::Ask(seen),
        },
        Glance::Nothing | Glance::Other => AtOnce::Ask(None),
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

/// Asks the policy, and its predicates for as long as it depends on them. Gives the named policies that hold.
pub(crate) async fn decide(rules: Rules<'_>, facts: Facts<'_>, caller: Caller<'_>) -> Result<Vec<TypeId>, Refusal> {
    let mut tested = Tested::new();
    loop {
        match rules.decide(&facts, &tested) {
            Decision::Allowed => return Ok(rules.held()),
            Decision::Refused(refusal) => return Err(refusal),
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
