//! From declarations to a plain axum router: conflicts are found first, since axum would panic at them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use axum::{
    Extension, Router,
    extract::{OriginalUri, Request},
    handler::Handler,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get},
};

use super::{
    SecureRouter,
    fallback::{Fallback, covers},
    lints,
};
use crate::{endpoints::metadata, guard::GroupPolicy, openapi::Listed, policy::Requirement};

/// A router that cannot be served. The text lists every conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterError(Vec<String>);

impl fmt::Display for RouterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the router cannot be built:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl std::error::Error for RouterError {}

/// matchit panics at more.
const MAX_PARAMETERS: usize = 25;

/// The routes under construction: what is at which path, who put it there, and what is wrong.
#[derive(Default)]
struct Table {
    paths: matchit::Router<()>,
    routes: BTreeMap<String, MethodRouter>,
    methods: BTreeMap<(String, &'static str), String>,
    redirects: BTreeSet<String>,
    problems: Vec<String>,
}

impl Table {
    /// Adds a handler, unless it conflicts with another.
    fn add(&mut self, path: &str, method: &'static str, owner: &str, handler: MethodRouter) {
        let key = (path.to_owned(), method);
        if let Some(other) = self.methods.get(&key) {
            self.problems.push(format!("{method} {path} is mounted twice: by {other} and by {owner}"));
            return;
        }
        if path.matches('{').count() > MAX_PARAMETERS {
            self.problems.push(format!("{path}, mounted by {owner}, has more than {MAX_PARAMETERS} parameters"));
            return;
        }
        if !self.routes.contains_key(path)
            && let Err(error) = self.paths.insert(path, ())
        {
            let problem = match error {
                matchit::InsertError::Conflict { with } => format!(
                    "{path}, mounted by {owner}, cannot be told from {with}: give a parameter the same name everywhere"
                ),
                error => format!("{path}, mounted by {owner}, is not a path: {error}"),
            };
            self.problems.push(problem);
            return;
        }
        self.methods.insert(key, owner.to_owned());
        let present = self.routes.remove(path).unwrap_or_default();
        self.routes.insert(path.to_owned(), present.merge(handler));
    }

    /// The routes, with what answers beside them.
    fn into_router(mut self, mut fallbacks: Vec<Fallback<()>>) -> Router {
        // The innermost first: it covers the fewest paths.
        fallbacks.sort_by_key(|fallback| std::cmp::Reverse(fallback.prefix.split('/').count()));
        let fallbacks: Vec<(String, MethodRouter)> = fallbacks
            .into_iter()
            .map(|Fallback { prefix, entry }| (prefix, grouped(entry.handler, &entry.listed.group)))
            .collect();
        for (path, route) in &mut self.routes {
            // A redirect answers every method already.
            if let Some((_, handler)) = fallbacks.iter().find(|(prefix, _)| covers(prefix, path))
                && !self.redirects.contains(path)
            {
                *route = std::mem::take(route).fallback(handler.clone());
            }
        }
        let router =
            self.routes.into_iter().fold(Router::new(), |router, (path, handler)| router.route(&path, handler));
        if fallbacks.is_empty() {
            return router;
        }
        let fallbacks = Arc::new(fallbacks);
        router.fallback(move |request: Request| async move {
            match fallbacks.iter().find(|(prefix, _)| covers(prefix, request.uri().path())) {
                Some((_, handler)) => Handler::call(handler.clone(), request, ()).await,
                None => StatusCode::NOT_FOUND.into_response(),
            }
        })
    }

    /// Adds a redirect from a path that nothing else is at.
    fn add_redirect(&mut self, path: &str) {
        if !self.routes.contains_key(path) && self.paths.insert(path, ()).is_ok() {
            self.routes.insert(path.to_owned(), any(redirect));
            self.redirects.insert(path.to_owned());
        }
    }
}

pub(super) fn assemble(router: SecureRouter) -> Result<Router, RouterError> {
    let mut table = Table { problems: router.problems, ..Table::default() };
    let mut documents = Vec::new();
    for docs in &router.inner_docs {
        let own = || router.entries.iter().map(|entry| &entry.listed);
        table.problems.extend(docs.conflicts(own()));
        documents.push((docs, docs.own_document(own())));
    }
    for (docs, document) in documents {
        match docs.routes(document) {
            Ok(routes) => {
                for (path, handler) in routes {
                    table.add(&path, "GET", "the documentation", handler);
                }
            }
            Err(problem) => table.problems.push(problem),
        }
    }
    if router.oauth_metadata {
        let endpoints: Vec<&Listed> = router.entries.iter().map(|entry| &entry.listed).collect();
        match metadata(&endpoints) {
            Ok((path, text)) => {
                let serve = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
                table.add(&path, "GET", "the metadata", serve);
            }
            Err(problem) => table.problems.push(problem),
        }
    }
    for entry in router.entries.iter().chain(router.fallbacks.iter().map(|fallback| &fallback.entry)) {
        table.problems.extend(lints::problems(&entry.listed));
        if entry.listed.options.observed {
            let Listed { route, path, source, .. } = &entry.listed;
            tracing::warn!(
                event = "access.observed_route",
                method = route.method,
                path,
                policy = %entry.listed.rules(),
                "{} is only observed: its policy is logged, and REFUSES NOBODY",
                source.place()
            );
        }
    }
    let mut prefixes = BTreeMap::new();
    for fallback in &router.fallbacks {
        let place = fallback.entry.listed.source.place();
        if let Some(other) = prefixes.insert(&fallback.prefix, place.clone()) {
            let below = if fallback.prefix.is_empty() { "the application" } else { &fallback.prefix };
            table.problems.push(format!("{below} has two fallbacks: {other} and {place}"));
        }
    }
    let mut redirects = Vec::new();
    for entry in router.entries {
        let listed = &entry.listed;
        let owner = listed.source.place();
        let (path, method) = (listed.path.as_str(), listed.route.method);
        if entry.redirect_slashes {
            redirects.push(match path.strip_suffix('/') {
                Some(shorter) => shorter.to_owned(),
                None => format!("{path}/"),
            });
        }
        let handler = grouped(entry.handler, &listed.group);
        table.add(path, method, &owner, handler);
    }
    for path in redirects.iter().filter(|path| !path.is_empty() && !path.contains("{*")) {
        table.add_redirect(path);
    }
    if !table.problems.is_empty() {
        return Err(RouterError(table.problems));
    }
    Ok(table.into_router(router.fallbacks))
}

/// The handler, whose guard is told what the groups that it is in ask for.
fn grouped(handler: MethodRouter, group: &[Requirement]) -> MethodRouter {
    if group.is_empty() { handler } else { handler.layer(Extension(GroupPolicy(group.into()))) }
}

/// To the same path with a slash less, or more.
async fn redirect(OriginalUri(uri): OriginalUri) -> Response {
    match other_slash(&uri) {
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `None` where the location would be another host's: `//host/path`, or `/\\host/path`, which browsers take for the same.
fn other_slash(uri: &Uri) -> Option<String> {
    let path = uri.path();
    if path.starts_with("//") || path.contains('\\') {
        return None;
    }
    let mut location = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    Some(location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_to_another_host() {
        let to = |uri: &'static str| other_slash(&Uri::from_static(uri));
        assert_eq!(to("/items"), Some("/items/".into()));
        assert_eq!(to("/items/?a=//b"), Some("/items?a=//b".into()));
        assert_eq!(to("http://test/items"), Some("/items/".into()));
        assert_eq!(to("//evil.example/items"), None);
        assert_eq!(to("//evil.example/"), None);
        assert_eq!(to(r"/\evil.example/"), None);
    }
}
