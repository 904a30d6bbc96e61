//! A policy as OpenAPI's `security` can say it: the combinations of credentials and scopes that can be let in.

use super::{About, Granted, Requirement, Rules};
use crate::{scheme::Scheme, scope::Scope};

/// Credentials that are enough together, as far as a document can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Alternative {
    /// The scopes of the access token, if one is needed.
    pub(crate) token: Option<Vec<&'static str>>,
    /// The schemes whose credentials are needed, each with its scopes.
    pub(crate) schemes: Vec<(&'static Scheme, Vec<&'static str>)>,
}

/// More alternatives than this are no description any more.
const MOST: usize = 64;

/// What is wrong with a policy of more.
pub(crate) const TOO_MANY: &str = "its policy has more than 64 alternatives, which no document can list: name parts of it as policies of their own, on routes of their own";

impl Rules<'_> {
    /// Every combination that can be let in, the smaller ones alone where one holds another; `None` if there are too many.
    pub(crate) fn alternatives(self) -> Option<Vec<Alternative>> {
        let mut all = vec![Clause::default()];
        for one in self.iter() {
            all = product(&all, &clauses(one, true)?)?;
        }
        let mut alternatives: Vec<Alternative> = Vec::new();
        for clause in all {
            let new = clause.into_alternative();
            if alternatives.iter().any(|present| present.is_within(&new)) {
                continue;
            }
            alternatives.retain(|present| !new.is_within(present));
            alternatives.push(new);
        }
        Some(alternatives)
    }
}

impl Alternative {
    /// Whether no credential is needed.
    pub(crate) fn is_open(&self) -> bool {
        self.token.is_none() && self.schemes.is_empty()
    }

    /// Whether whoever has all of the other has all of this.
    fn is_within(&self, other: &Self) -> bool {
        let among = |scopes: &[&str], more: &[&str]| scopes.iter().all(|scope| more.contains(scope));
        let token = match (&self.token, &other.token) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(scopes), Some(more)) => among(scopes, more),
        };
        token
            && self.schemes.iter().all(|(scheme, scopes)| {
                other.schemes.iter().any(|(present, more)| present == scheme && among(scopes, more))
            })
    }
}

/// Facts that hold together: what is said, and whether it is so.
#[derive(Debug, Clone, Default)]
struct Clause(Vec<(Fact, bool)>);

#[derive(Debug, Clone)]
enum Fact {
    Token,
    Scope(&'static dyn Scope),
    Scheme(&'static Scheme),
    SchemeScope(&'static Scheme, &'static dyn Scope),
    /// Something that no document says. Two are the same if they have the same words.
    Hidden(String),
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Token, Self::Token) => true,
            (Self::Scope(one), Self::Scope(other)) => one.as_str() == other.as_str(),
            (Self::Scheme(one), Self::Scheme(other)) => one == other,
            (Self::SchemeScope(one, scope), Self::SchemeScope(other, needed)) => {
                one == other && scope.as_str() == needed.as_str()
            }
            (Self::Hidden(one), Self::Hidden(other)) => one == other,
            _ => false,
        }
    }
}

impl Clause {
    fn of(facts: impl IntoIterator<Item = (Fact, bool)>) -> Self {
        Self(facts.into_iter().collect())
    }

    /// Both together; `None` if they contradict each other.
    fn and(&self, other: &Self) -> Option<Self> {
        let mut joined = self.clone();
        for (fact, is) in &other.0 {
            match joined.0.iter().find(|(present, _)| present == fact) {
                Some((_, present)) if present != is => return None,
                Some(_) => {}
                None => joined.0.push((fact.clone(), *is)),
            }
        }
        Some(joined)
    }

    fn into_alternative(self) -> Alternative {
        let mut alternative = Alternative::default();
        let facts = self.0.into_iter().filter(|(_, is)| *is);
        for (fact, _) in facts {
            match fact {
                Fact::Token => drop(alternative.token.get_or_insert_default()),
                Fact::Scope(scope) => alternative.token.get_or_insert_default().push(scope.as_str()),
                Fact::Scheme(scheme) => drop(alternative.scopes_of(scheme)),
                Fact::SchemeScope(scheme, scope) => alternative.scopes_of(scheme).push(scope.as_str()),
                Fact::Hidden(_) => {}
            }
        }
        alternative
    }
}

impl Alternative {
    fn scopes_of(&mut self, scheme: &'static Scheme) -> &mut Vec<&'static str> {
        let index = self.schemes.iter().position(|(present, _)| *present == scheme).unwrap_or_else(|| {
            self.schemes.push((scheme, Vec::new()));
            self.schemes.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position of what was found or just added")]
        &mut self.schemes[index].1
    }
}

/// The clauses of which one holds when this is so, or when it is not.
fn clauses(requirement: &Requirement, is: bool) -> Option<Vec<Clause>> {
    let words = || requirement.to_string();
    // What is said of a token or a user, or its contrary, needs one.
    let about_token = |facts: Vec<(Fact, bool)>| Clause::of(std::iter::once((Fact::Token, true)).chain(facts));
    let active = || (Fact::Hidden(Requirement::ActiveUser.to_string()), true);
    Some(match requirement {
        Requirement::Token | Requirement::User => vec![Clause::of([(Fact::Token, is)])],
        Requirement::ActiveUser | Requirement::Predicate(About::Token, _) => {
            vec![about_token(vec![(Fact::Hidden(words()), is)])]
        }
        Requirement::Scopes(scopes) => token_scopes(scopes, is),
        Requirement::Role(_) | Requirement::Predicate(About::User, _) => {
            vec![about_token(vec![active(), (Fact::Hidden(words()), is)])]
        }
        Requirement::Granted(authority) => match authority.granted() {
            Granted::Scope(scope) => token_scopes(&[scope], is),
            Granted::Role(_) => vec![about_token(vec![active(), (Fact::Hidden(words()), is)])],
        },
        Requirement::Predicate(About::Request, _) => vec![Clause::of([(Fact::Hidden(words()), is)])],
        Requirement::Scheme(scheme, scopes) if is => {
            let scopes = scopes.iter().map(|scope| (Fact::SchemeScope(scheme, *scope), true));
            vec![Clause::of(std::iter::once((Fact::Scheme(scheme), true)).chain(scopes))]
        }
        Requirement::Scheme(scheme, scopes) => std::iter::once((Fact::Scheme(scheme), false))
            .chain(scopes.iter().map(|scope| (Fact::SchemeScope(scheme, *scope), false)))
            .map(|fact| Clause::of([fact]))
            .collect(),
        Requirement::Named(named) => clauses(&named.requirement, is)?,
        Requirement::Not(inner) => clauses(inner, !is)?,
        Requirement::All(inner) => join(inner, is, is)?,
        Requirement::Any(inner) => join(inner, is, !is)?,
    })
}

fn token_scopes(scopes: &[&'static dyn Scope], is: bool) -> Vec<Clause> {
    let token = (Fact::Token, true);
    if is {
        let scopes = scopes.iter().map(|scope| (Fact::Scope(*scope), true));
        return vec![Clause::of(std::iter::once(token).chain(scopes))];
    }
    scopes.iter().map(|scope| Clause::of([token.clone(), (Fact::Scope(*scope), false)])).collect()
}

/// All of these, or any of them.
fn join(inner: &[Requirement], is: bool, all: bool) -> Option<Vec<Clause>> {
    let mut joined = if all { vec![Clause::default()] } else { Vec::new() };
    for one in inner {
        let new = clauses(one, is)?;
        if all {
            joined = product(&joined, &new)?;
        } else {
            joined.extend(new);
        }
    }
    (joined.len() <= MOST).then_some(joined)
}

fn product(one: &[Clause], other: &[Clause]) -> Option<Vec<Clause>> {
    let joined: Vec<Clause> = one.iter().flat_map(|one| other.iter().filter_map(|other| one.and(other))).collect();
    (joined.len() <= MOST).then_some(joined)
}
