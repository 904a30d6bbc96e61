//! Policies in words: what an access table and a log say.

use std::fmt;

use super::{Granted, Policy, Requirement, Rules};
use crate::scope::Scope;

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Rules::of(*self).fmt(f)
    }
}

impl fmt::Display for Rules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_public() {
            return f.write_str("public");
        }
        let alone = self.iter().count() == 1;
        write_joined(f, self.iter(), " and ", |f, one| one.write(f, alone || !matches!(one, Requirement::Any(_))))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

impl Requirement {
    /// In words; in parentheses where it is an expression that does not stand alone.
    fn write(&self, f: &mut fmt::Formatter<'_>, alone: bool) -> fmt::Result {
        match self {
            Self::Token => f.write_str("token"),
            Self::User => f.write_str("user"),
            Self::ActiveUser => f.write_str("active user"),
            Self::Scopes(scopes) => {
                f.write_str(if scopes.len() == 1 { "scope " } else { "scopes " })?;
                write_scopes(f, scopes)
            }
            Self::Role(role) => write!(f, "role {}", role.as_str()),
            Self::Granted(authority) => match authority.granted() {
                Granted::Scope(scope) => write!(f, "scope {}", scope.as_str()),
                Granted::Role(role) => write!(f, "role {}", role.as_str()),
            },
            Self::Scheme(scheme, scopes) => {
                // Of what is handed on unread, one is as good as another.
                write!(f, "{}{}", if (scheme.hands_on)() { "any " } else { "" }, scheme.name())?;
                if scopes.is_empty() {
                    return Ok(());
                }
                f.write_str(" with ")?;
                write_scopes(f, scopes)
            }
            Self::Predicate(_, predicate) => write!(f, "{predicate}"),
            Self::Named(named) => {
                write!(f, "{} (", named.name.name)?;
                named.requirement.write(f, true)?;
                f.write_str(")")
            }
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.write(f, false)
            }
            Self::All(inner) => write_group(f, inner, " and ", alone),
            Self::Any(inner) => write_group(f, inner, " or ", alone),
        }
    }
}

fn write_group(f: &mut fmt::Formatter<'_>, inner: &[Requirement], joint: &str, alone: bool) -> fmt::Result {
    let open = !alone && inner.len() > 1;
    f.write_str(if open { "(" } else { "" })?;
    write_joined(f, inner.iter(), joint, |f, one| one.write(f, inner.len() == 1))?;
    f.write_str(if open { ")" } else { "" })
}

fn write_scopes(f: &mut fmt::Formatter<'_>, scopes: &[&dyn Scope]) -> fmt::Result {
    write_joined(f, scopes.iter(), ", ", |f, scope| f.write_str(scope.as_str()))
}

fn write_joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    joint: &str,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(joint)?;
        }
        write(f, item)?;
    }
    Ok(())
}
