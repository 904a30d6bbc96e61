//! What can only be a mistake, unless a handler accepts it by name.

use super::fallback;
use crate::{
    endpoint::{Lint, Takes},
    openapi::{Describe, Listed},
    policy::{Decision, Facts, Requirement},
    scheme::Scheme,
};

const MUTATING: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// What there is to say of a handler, in sentences that begin with its method and path.
pub(super) fn problems(listed: &Listed) -> Vec<String> {
    let mut problems = Vec::new();
    let place = format!("{} {}, of {}", listed.route.method, listed.path, listed.source.place());
    if listed.policy.is_public() && !listed.group.is_empty() {
        let what = if is_login(listed) {
            "is where callers log in, in a group that asks for a login"
        } else {
            "is #[public] in a group that is not"
        };
        problems
            .push(format!("{place}, {what}: write #[overrides_group] above it as well, or move it out of the group"));
    }
    let accepted = |lint: Lint| listed.options.accepts.contains(&lint);
    if !accepted(Lint::PublicMutation) && is_public_mutation(listed) {
        problems.push(format!(
            "{place}, lets anyone change something: ask for a caller, or write #[accept(public_mutation)] above it"
        ));
    }
    if !accepted(Lint::UncheckedParameter)
        && let Some(parameter) = unchecked_parameter(listed)
    {
        problems.push(format!(
            "{place}, takes `{parameter}` from the path, which any user can change to somebody else's, and no rule looks at it: write #[authorize(..)] above it, or #[accept(unchecked_parameter)] if it belongs to nobody"
        ));
    }
    let handed_on = handed_on(listed);
    let taken = |scheme: &Scheme| {
        listed
            .takes
            .iter()
            .any(|takes| matches!(takes, Takes::Scheme(taken) | Takes::OptionalScheme(taken) if *taken == scheme))
    };
    if !accepted(Lint::UncheckedCredential)
        && let Some((scheme, _)) = handed_on.iter().find(|(scheme, _)| !taken(scheme))
    {
        let name = scheme.name();
        problems.push(format!(
            "{place}, is satisfied by any {name}, which is handed on, and takes none, so that nobody looks at it: declare an authenticator (`authenticate`), take `{name}` as an argument and check it, or write #[accept(unchecked_credential)]"
        ));
    }
    if !accepted(Lint::UncheckedScopes)
        && let Some((scheme, _)) = handed_on.iter().find(|(_, scoped)| *scoped)
    {
        let name = scheme.name();
        problems.push(format!(
            "{place}, names scopes of {name}, which is handed on, so that nobody knows its scopes: declare an authenticator that returns `Granted`, or write #[accept(unchecked_scopes)] to have them documented alone"
        ));
    }
    problems
}

/// The schemes in the policy whose credentials nobody has checked, and whether it names scopes of theirs.
fn handed_on(listed: &Listed) -> Vec<(&'static Scheme, bool)> {
    let leaves = listed.rules().leaves();
    let of_scheme = leaves.into_iter().filter_map(|(one, _)| match one {
        Requirement::Scheme(scheme, scopes) => Some((*scheme, !scopes.is_empty())),
        _ => None,
    });
    of_scheme.filter(|(scheme, _)| (scheme.hands_on)()).collect()
}

fn is_public_mutation(listed: &Listed) -> bool {
    let nobody = Facts { token: None, user: None, schemes: &[] };
    let lets_nobody_in = || matches!(listed.rules().decide(&nobody, &[]), Decision::Allowed);
    MUTATING.contains(&listed.route.method) && !is_login(listed) && lets_nobody_in()
}

fn is_login(listed: &Listed) -> bool {
    let mut description = Describe::default();
    (listed.route.describe)(&mut description);
    description.login.is_some()
}

/// A parameter of a handler for users, of whom each has their own, where nothing but the login stands between them.
fn unchecked_parameter(listed: &Listed) -> Option<&str> {
    let rules = listed.rules();
    let for_users = rules.needs_user() || listed.takes.contains(&Takes::User);
    let singles_out = |one: &Requirement| one.is_forbidding() || matches!(one, Requirement::Scheme(..));
    let by_policy = rules.leaves().iter().any(|(one, _)| singles_out(one));
    if !for_users || by_policy || listed.options.has_rules() {
        return None;
    }
    let path = listed.path.strip_suffix(fallback::ROUTE.path).unwrap_or(&listed.path);
    let (_, rest) = path.split_once('{')?;
    rest.split('}').next().map(|name| name.trim_start_matches('*'))
}
