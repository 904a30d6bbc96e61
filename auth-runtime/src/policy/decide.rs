//! The decision: a policy and what is known of a caller, in; yes, no, or a question, out.

use std::any::Any;

use super::{About, Granted, Predicate, Requirement, Rules};
use crate::{error::Refusal, role::Role, scheme::Scheme, scope::Scope, token::AccessClaims, user::AuthUser};

/// What is known of a caller. A credential that is wrong never comes this far.
pub(crate) struct Facts<'a> {
    /// What the token says; `None` where there is none.
    pub(crate) token: Option<&'a AccessClaims>,
    /// The token's user, where one was looked up.
    pub(crate) user: Option<&'a dyn KnownUser>,
    /// The credentials of security schemes.
    pub(crate) schemes: &'a [Presented],
}

/// A user of whatever type.
pub(crate) trait KnownUser: Send + Sync {
    fn is_disabled(&self) -> bool;
    fn has_role(&self, role: &dyn Role) -> bool;
    fn as_any(&self) -> &(dyn Any + Send + Sync);
}

impl<U: AuthUser> KnownUser for U {
    fn is_disabled(&self) -> bool {
        AuthUser::is_disabled(self)
    }

    fn has_role(&self, role: &dyn Role) -> bool {
        AuthUser::has_role(self, role)
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// A credential of a scheme that is there, and is right.
#[derive(Debug, Clone)]
pub(crate) struct Presented {
    pub(crate) scheme: &'static Scheme,
    /// What it is good for; `None` for a credential that is handed on unread, whose scopes nobody knows.
    pub(crate) scopes: Option<Vec<String>>,
}

/// The answers of predicates so far, in the order in which they stand in the policy. The answer of one that found nothing to
/// be about is `Some(None)`.
type Tested = [Option<Option<bool>>];

/// What a caller lacks, in the order in which it is found out: how far they came. Of two, the first counts in *and*, the last in
/// *or*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lacks {
    Credentials,
    Scope,
    ActiveUser,
    Permission,
}

impl From<Lacks> for Refusal {
    fn from(lacks: Lacks) -> Self {
        match lacks {
            Lacks::Credentials => Self::NoCredentials,
            Lacks::Scope => Self::InsufficientScope,
            Lacks::ActiveUser => Self::Inactive,
            Lacks::Permission => Self::Forbidden,
        }
    }
}

/// What follows from a policy and the facts.
pub(crate) enum Decision {
    /// They may.
    Allowed,
    /// They may not.
    Refused(Lacks),
    /// It depends on this predicate, the one of that number.
    Ask(usize, &'static dyn Predicate),
}

/// What follows for a part of a policy.
#[derive(Clone, Copy)]
enum Verdict {
    Yes,
    No(Lacks),
    /// There is nobody of whom it could be said: as little a yes as its contrary is.
    Undecided(Lacks),
    Ask(usize, &'static dyn Predicate),
}

impl Rules<'_> {
    /// The decision. Predicates are asked last, and only where it depends on them.
    #[inline]
    pub(crate) fn decide(self, facts: &Facts<'_>, tested: &Tested) -> Decision {
        // What would be decided all the same: a flood of strangers is refused at little cost. Of a group's policies nothing is known
        // beforehand.
        if facts.token.is_none() && facts.user.is_none() && self.own.refuses_strangers {
            return Decision::Refused(Lacks::Credentials);
        }
        self.weigh(facts, tested)
    }

    pub(super) fn weigh(self, facts: &Facts<'_>, tested: &Tested) -> Decision {
        let mut case = Case { facts, tested, predicates: 0 };
        let mut lacks: Option<Lacks> = None;
        let mut question = None;
        for one in self.iter() {
            match case.verdict(one) {
                Verdict::Yes => {}
                // At the top, what is undecided refuses, whatever a predicate would say.
                Verdict::No(new) | Verdict::Undecided(new) => {
                    lacks = Some(lacks.map_or(new, |before| before.min(new)));
                }
                Verdict::Ask(number, predicate) => {
                    question.get_or_insert((number, predicate));
                }
            }
        }
        match (lacks, question) {
            (Some(lacks), _) => Decision::Refused(lacks),
            (None, Some((number, predicate))) => Decision::Ask(number, predicate),
            (None, None) => Decision::Allowed,
        }
    }
}

impl Verdict {
    fn of(holds: bool, lacks: Lacks) -> Self {
        if holds { Self::Yes } else { Self::No(lacks) }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No(one), Self::No(other) | Self::Undecided(other)) | (Self::Undecided(one), Self::No(other)) => {
                Self::No(one.min(other))
            }
            (no @ Self::No(_), _) | (_, no @ Self::No(_)) => no,
            (ask @ Self::Ask(..), _) | (_, ask @ Self::Ask(..)) => ask,
            (Self::Undecided(one), Self::Undecided(other)) => Self::Undecided(one.min(other)),
            (undecided @ Self::Undecided(_), Self::Yes) | (Self::Yes, undecided @ Self::Undecided(_)) => undecided,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (ask @ Self::Ask(..), _) | (_, ask @ Self::Ask(..)) => ask,
            (Self::No(one), Self::No(other)) => Self::No(one.max(other)),
            (Self::No(one) | Self::Undecided(one), Self::No(other) | Self::Undecided(other)) => {
                Self::Undecided(one.max(other))
            }
        }
    }
}

/// One decision under way. Every predicate is passed, so that its number is the same each time.
struct Case<'a> {
    facts: &'a Facts<'a>,
    tested: &'a Tested,
    predicates: usize,
}

impl Case<'_> {
    fn verdict(&mut self, requirement: &Requirement) -> Verdict {
        let present = |is: bool| Verdict::of(is, Lacks::Credentials);
        match requirement {
            Requirement::Token => present(self.facts.token.is_some()),
            Requirement::User => present(self.facts.user.is_some()),
            Requirement::ActiveUser => match self.facts.user {
                None => Verdict::Undecided(Lacks::Credentials),
                Some(user) => Verdict::of(!user.is_disabled(), Lacks::ActiveUser),
            },
            Requirement::Scopes(scopes) => self.token_scopes(scopes),
            Requirement::Role(role) => self.role(*role),
            Requirement::Granted(authority) => match authority.granted() {
                Granted::Scope(scope) => self.token_scopes(&[scope]),
                Granted::Role(role) => self.role(role),
            },
            Requirement::Scheme(scheme, scopes) => self.scheme(scheme, scopes),
            Requirement::Predicate(about, predicate) => self.predicate(*about, *predicate),
            Requirement::Named(named) => self.verdict(&named.requirement),
            Requirement::Not(inner) => match self.verdict(inner) {
                Verdict::Yes => Verdict::No(Lacks::Permission),
                Verdict::No(_) => Verdict::Yes,
                other => other,
            },
            Requirement::All(inner) => inner.iter().fold(Verdict::Yes, |all, one| all.and(self.verdict(one))),
            Requirement::Any(inner) => {
                let none = Verdict::No(Lacks::Credentials);
                inner.iter().fold(none, |any, one| any.or(self.verdict(one)))
            }
        }
    }

    fn token_scopes(&self, needed: &[&dyn Scope]) -> Verdict {
        match self.facts.token {
            None => Verdict::Undecided(Lacks::Credentials),
            Some(token) => Verdict::of(grants(&token.scopes, needed), Lacks::Scope),
        }
    }

    fn role(&self, role: &dyn Role) -> Verdict {
        match self.facts.user {
            None => Verdict::Undecided(Lacks::Credentials),
            Some(user) if user.is_disabled() => Verdict::Undecided(Lacks::ActiveUser),
            Some(user) => Verdict::of(user.has_role(role), Lacks::Permission),
        }
    }

    fn scheme(&self, scheme: &Scheme, needed: &[&dyn Scope]) -> Verdict {
        match self.facts.schemes.iter().find(|presented| presented.scheme == scheme) {
            None => Verdict::No(Lacks::Credentials),
            Some(Presented { scopes: None, .. }) => Verdict::Yes,
            Some(Presented { scopes: Some(scopes), .. }) => Verdict::of(grants(scopes, needed), Lacks::Scope),
        }
    }

    fn predicate(&mut self, about: About, predicate: &'static dyn Predicate) -> Verdict {
        let number = self.predicates;
        self.predicates += 1;
        match about {
            About::Token if self.facts.token.is_none() => return Verdict::Undecided(Lacks::Credentials),
            About::Request | About::Token => {}
            About::User => match self.facts.user {
                None => return Verdict::Undecided(Lacks::Credentials),
                Some(user) if user.is_disabled() => return Verdict::Undecided(Lacks::ActiveUser),
                Some(_) => {}
            },
        }
        match self.tested.get(number).copied().flatten() {
            Some(Some(holds)) => Verdict::of(holds, Lacks::Permission),
            Some(None) => Verdict::Undecided(Lacks::Permission),
            None => Verdict::Ask(number, predicate),
        }
    }
}

/// Whether these scopes hold every one that is needed, or one that implies it.
fn grants(held: &[String], needed: &[&dyn Scope]) -> bool {
    needed.iter().all(|needed| {
        held.iter().any(|held| held == needed.as_str() || needed.implied_by().iter().any(|implying| held == implying))
    })
}
