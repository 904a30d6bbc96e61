//! The way of a guarded request: credentials, what they are good for, user, decision.

use std::{
    any::{Any, TypeId},
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
    store::Lookup,
    token::{AccessClaims, TokenFault},
    user::AuthUser,
};

/// What the arguments ask for, beside the policy.
#[derive(Default)]
pub(crate) struct Wants {
    token: bool,
    user: bool,
    optional_user: bool,
    /// How many arguments ask for something.
    pub(super) arguments: usize,
    pub(super) takes: &'static [Takes],
}

impl Wants {
    pub(crate) const fn of(takes: &'static [Takes]) -> Self {
        let mut wants = Self { token: false, user: false, optional_user: false, arguments: 0, takes };
        let mut rest = takes;
        while let [first, others @ ..] = rest {
            match first {
                Takes::Nothing | Takes::Proof(_) | Takes::Scheme(_) | Takes::OptionalScheme(_) => {}
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
/// kilobyte, a handler's future costs the allocator much more.
pub(super) async fn try_authenticate<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    rules: &Rules<'_>,
    wants: &Wants,
) -> Result<Principal<U>, Refusal> {
    let wants_user = wants.user || wants.optional_user || rules.needs_user();
    let (claims, user) = if wants_user || wants.token || rules.needs_token() {
        token_and_user(auth, parts, wants_user).await?
    } else {
        (None, None)
    };
    let mut wanted = rules.schemes();
    wanted.extend(wants.schemes());
    let Schemes { yielded: schemes, presented } =
        if wanted.is_empty() { Schemes::default() } else { Box::pin(read_schemes(auth, parts, wanted)).await? };

    let known = user.as_deref().map(|user| user as &dyn KnownUser);
    let token = claims.as_deref();
    let facts = Facts { token, user: known, schemes: &presented };
    let named = match rules.decide(&facts, &Tested::new()) {
        Decision::Allowed => rules.held(),
        Decision::Refused(refusal) => return Err(refusal),
        Decision::Ask(..) => Box::pin(decide(*rules, facts, Caller { parts, token, user: known })).await?,
    };
    // Nobody asked for this user: who is disabled is nobody, rather than an optional somebody.
    if wants.optional_user && !rules.own.implies_token() && user.as_deref().is_some_and(AuthUser::is_disabled) {
        return Err(Refusal::Inactive);
    }
    Ok(Principal { claims, user, schemes, named })
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

/// Whom the token stands for. A token that is there is good, or the request is refused.
async fn token_and_user<U: AuthUser>(
    auth: &Auth<U>,
    parts: &Parts,
    wants_user: bool,
) -> Result<(Option<Arc<AccessClaims>>, Option<Arc<U>>), Refusal> {
    #[cfg(feature = "testing")]
    if let Some(acting) = parts.extensions.get::<crate::testing::Acting<U>>() {
        return Ok(acting.principal());
    }
    let claims = match at_once(auth, parts) {
        AtOnce::Known(claims) => claims,
        AtOnce::Ask(seen) => Box::pin(token(auth, parts, seen)).await?,
    };
    let Some(claims) = claims else { return Ok((None, None)) };
    if !wants_user {
        return Ok((Some(claims), None));
    }
    if claims.is_of_client() {
        return Err(Refusal::InvalidToken(TokenFault::OfClient));
    }
    let user = match auth.find_shared(&claims.subject) {
        Lookup::Known(user) => user,
        Lookup::Read(user) => Box::pin(auth.bounded(user)).await?,
    };
    let user = user.ok_or(Refusal::InvalidToken(TokenFault::UnknownUser))?;
    Ok((Some(claims), Some(user)))
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
