//! Policies: who may call, as plain data, decided by one function.

use std::fmt;

use crate::{error::Refusal, scope::Scope};

/// One thing that a caller must have.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Requirement {
    /// A genuine access token; no user is looked up.
    Token,
    /// A user who exists.
    User,
    /// A user who exists and is not disabled.
    ActiveUser,
    /// A token with every one of these scopes.
    Scopes(&'static [&'static dyn Scope]),
}

/// Who may call a handler.
///
/// ```
/// use auth_runtime::policy::{Policy, Requirement};
///
/// const POLICY: Policy = Policy::all(&[Requirement::ActiveUser]);
/// assert_eq!(POLICY.to_string(), "active user");
/// assert_eq!(Policy::PUBLIC.to_string(), "public");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Policy(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Public,
    All(&'static [Requirement]),
}

/// What is known of a caller whose token is genuine.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The scopes of the token.
    pub scopes: &'a [String],
    /// Whether the user is disabled; `None` where no user was looked up.
    pub disabled: Option<bool>,
}

impl Policy {
    /// Anyone may call.
    pub const PUBLIC: Self = Self(Kind::Public);

    /// Whoever has all of these may call; an empty list still asks for a genuine token.
    #[must_use]
    pub const fn all(requirements: &'static [Requirement]) -> Self {
        Self(Kind::All(requirements))
    }

    /// Whether no credential is asked for.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.0, Kind::Public)
    }

    /// What is required, each; empty for a public policy.
    #[must_use]
    pub const fn requirements(&self) -> &'static [Requirement] {
        match self.0 {
            Kind::All(requirements) => requirements,
            Kind::Public => &[],
        }
    }

    /// Whether deciding needs the user.
    #[must_use]
    pub fn needs_user(&self) -> bool {
        self.requirements().iter().any(|one| matches!(one, Requirement::User | Requirement::ActiveUser))
    }

    /// Whether a disabled user is refused.
    #[must_use]
    pub fn needs_active_user(&self) -> bool {
        self.requirements().iter().any(|one| matches!(one, Requirement::ActiveUser))
    }

    /// Every scope asked for, in the order of declaration.
    pub fn scopes(&self) -> impl Iterator<Item = &'static dyn Scope> {
        self.requirements()
            .iter()
            .flat_map(|one| match one {
                Requirement::Scopes(scopes) => *scopes,
                _ => &[],
            })
            .copied()
    }

    /// The scopes asked for as RFC 6749 writes them, separated by spaces.
    #[must_use]
    pub fn scope_string(&self) -> String {
        self.scopes().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The decision, on a caller whose token is genuine and, where the policy needs one, whose user exists.
    ///
    /// Scopes are decided before activity, as FastAPI's dependency order has it.
    ///
    /// # Errors
    /// The refusal: the first requirement that is not met, or [`Refusal::NoCredentials`] where a fact is missing that
    /// the policy needs.
    pub fn decide(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        if self.is_public() {
            return Ok(());
        }
        if self.scopes().any(|needed| !facts.scopes.iter().any(|has| has == needed.as_str())) {
            return Err(Refusal::InsufficientScope);
        }
        match facts.disabled {
            None if self.needs_user() => Err(Refusal::NoCredentials),
            Some(true) if self.needs_active_user() => Err(Refusal::Inactive),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requirements = match self.0 {
            Kind::Public => return f.write_str("public"),
            Kind::All([]) => return f.write_str("token"),
            Kind::All(requirements) => requirements,
        };
        for (index, one) in requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(" and ")?;
            }
            match one {
                Requirement::Token => f.write_str("token")?,
                Requirement::User => f.write_str("user")?,
                Requirement::ActiveUser => f.write_str("active user")?,
                Requirement::Scopes(scopes) => {
                    f.write_str(if scopes.len() == 1 { "scope" } else { "scopes" })?;
                    for (index, scope) in scopes.iter().enumerate() {
                        write!(f, "{}{}", if index == 0 { " " } else { ", " }, scope.as_str())?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy)]
    struct Named(&'static str);

    impl Scope for Named {
        fn as_str(&self) -> &'static str {
            self.0
        }
        fn description(&self) -> &'static str {
            ""
        }
        fn all() -> &'static [Self] {
            &[]
        }
    }

    const BOTH: Policy = Policy::all(&[Requirement::ActiveUser, Requirement::Scopes(&[&Named("me"), &Named("items")])]);

    fn decide(policy: Policy, scopes: &[&str], disabled: Option<bool>) -> Result<(), Refusal> {
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        policy.decide(&Facts { scopes: &scopes, disabled })
    }

    #[test]
    fn everything_asked_for_is_needed() {
        assert!(decide(BOTH, &["items", "other", "me"], Some(false)).is_ok());
        assert!(matches!(decide(BOTH, &["items"], Some(false)), Err(Refusal::InsufficientScope)));
        assert!(matches!(decide(BOTH, &["me", "item"], Some(false)), Err(Refusal::InsufficientScope)));
        assert!(matches!(decide(BOTH, &["me items"], Some(false)), Err(Refusal::InsufficientScope)));
        assert!(matches!(decide(BOTH, &["items", "me"], Some(true)), Err(Refusal::Inactive)));
    }

    #[test]
    fn a_missing_fact_is_a_refusal() {
        assert!(matches!(decide(BOTH, &["items", "me"], None), Err(Refusal::NoCredentials)));
        assert!(matches!(decide(Policy::all(&[Requirement::User]), &[], None), Err(Refusal::NoCredentials)));
    }

    #[test]
    fn a_disabled_user_is_still_a_user() {
        assert!(decide(Policy::all(&[Requirement::User]), &[], Some(true)).is_ok());
    }

    #[test]
    fn reads_as_words() {
        assert_eq!(BOTH.to_string(), "active user and scopes me, items");
        assert_eq!(Policy::all(&[]).to_string(), "token");
    }
}
