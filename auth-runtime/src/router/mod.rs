//! `SecureRouter`: a router on which every handler states who may call it.

mod assemble;
mod docs;
mod fallback;
mod lints;
mod table;

use std::{any::TypeId, fmt, sync::Arc};

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, MethodRouter, any},
};
use utoipa::openapi::OpenApi;

pub use self::{
    assemble::RouterError,
    table::{AccessRow, AccessTable},
};
use self::{docs::Docs, fallback::Fallback};
use crate::{
    endpoint::{Endpoint, Route, Routed},
    error::Answers,
    guard::{Enforce, Guarded, Protected},
    openapi::Listed,
    policy::{NamedPolicy, Requirement},
};

/// A router whose handlers each state their method, their path and who may call them.
///
/// ```
/// use auth_runtime::prelude::*;
///
/// #[get("/health")]
/// #[public]
/// async fn health() -> &'static str {
///     "ok"
/// }
///
/// let app: axum::Router = SecureRouter::new().mount(health).docs("/docs").into_router()?;
/// # Ok::<(), auth_runtime::RouterError>(())
/// ```
///
/// A handler without a policy does not compile here:
///
/// ```compile_fail
/// use auth_runtime::prelude::*;
///
/// async fn health() -> &'static str {
///     "ok"
/// }
///
/// let app: SecureRouter = SecureRouter::new().mount(health);
/// ```
#[must_use = "a router does nothing until it is served"]
pub struct SecureRouter<S = ()> {
    entries: Vec<Entry<S>>,
    docs: Docs,
    inner_docs: Vec<Docs>,
    redirect_slashes: bool,
    group: Group,
    /// The group's handlers have their state, and no others can join them.
    group_is_closed: bool,
    fallbacks: Vec<Fallback<S>>,
    oauth_metadata: bool,
    problems: Vec<String>,
}

/// What holds for every handler of a router, and for which users it has a meaning.
#[derive(Clone, Default)]
struct Group {
    policies: Vec<Requirement>,
    users: Option<TypeId>,
}

/// A handler that this router can call: all its arguments can be extracted, given the state.
#[diagnostic::on_unimplemented(
    message = "this handler cannot be called with the state `{S}`",
    label = "one of its arguments cannot be extracted here, or its result is no response",
    note = "each argument is an extractor of axum, or the user type of the state; only the last may read the body",
    note = "below the other attributes, `#[axum::debug_handler(state = ..)]` shows which one it is"
)]
pub trait Mountable<T, S> {
    /// The handler, for this method.
    fn at(self, filter: MethodFilter) -> MethodRouter<S>;

    /// The handler, for every method.
    fn at_any(self) -> MethodRouter<S>;
}

impl<H, T, S> Mountable<T, S> for H
where
    T: 'static,
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
{
    fn at(self, filter: MethodFilter) -> MethodRouter<S> {
        MethodRouter::new().on(filter, self)
    }

    fn at_any(self) -> MethodRouter<S> {
        any(self)
    }
}

struct Entry<S> {
    listed: Listed,
    handler: MethodRouter<S>,
    answers: fn(&S) -> Option<Arc<Answers>>,
    problem: fn(&S, &[Requirement]) -> Option<String>,
    redirect_slashes: bool,
}

impl<S: Clone + Send + Sync + 'static> Entry<S> {
    fn new<E: Endpoint>(route: Route, handler: MethodRouter<S>) -> Self
    where
        E::Access: Enforce<S>,
    {
        Self {
            listed: Listed {
                route,
                path: route.path.to_owned(),
                policy: E::POLICY,
                group: Vec::new(),
                users: <E::Access as Enforce<S>>::users(),
                takes: E::TAKES,
                options: E::OPTIONS,
                source: E::SOURCE,
                answers: None,
                documents: Vec::new(),
            },
            handler,
            answers: <E::Access as Enforce<S>>::answers,
            problem: <E::Access as Enforce<S>>::problem::<E>,
            redirect_slashes: false,
        }
    }

    fn with_state<S2>(self, state: &S, problems: &mut Vec<String>) -> Entry<S2> {
        let mut listed = self.listed;
        if let Some(problem) = (self.problem)(state, &listed.group) {
            problems.push(format!("{} {}, of {}: {problem}", listed.route.method, listed.path, listed.source.place()));
        }
        listed.answers = listed.answers.or_else(|| (self.answers)(state));
        Entry {
            listed,
            handler: self.handler.with_state(state.clone()),
            answers: |_| None,
            problem: |_, _| None,
            redirect_slashes: self.redirect_slashes,
        }
    }
}

impl<S: Clone + Send + Sync + 'static> SecureRouter<S> {
    /// A router without handlers.
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            docs: Docs::default(),
            inner_docs: Vec::new(),
            redirect_slashes: false,
            group: Group::default(),
            group_is_closed: false,
            fallbacks: Vec::new(),
            oauth_metadata: false,
            problems: Vec::new(),
        }
    }

    /// Mounts a handler where its method attribute says.
    pub fn mount<H, T>(mut self, handler: H) -> Self
    where
        T: Guarded + 'static,
        T::Endpoint: Routed,
        <T::Endpoint as Endpoint>::Access: Enforce<S>,
        H: Mountable<T, S>,
    {
        let route = <T::Endpoint as Routed>::ROUTE;
        let Some(filter) = filter(route.method) else {
            self.problems.push(format!("{} {}: this method cannot be mounted", route.method, route.path));
            return self;
        };
        self.check_open(T::Endpoint::SOURCE.name);
        self.entries.push(Entry::new::<T::Endpoint>(route, handler.at(filter)));
        self
    }

    /// Holds every handler of this router to a named policy, beside its own: those mounted before and after, and those of
    /// routers merged and nested into it.
    ///
    /// A handler that is not to be held to it says so, by `#[overrides_group]`; one that is `#[public]` has to. The
    /// documentation, where it is served, stays open.
    ///
    /// ```
    /// # use auth_runtime::prelude::*;
    /// # #[derive(AuthUser, Clone)]
    /// # #[auth(no_password)]
    /// # struct User { #[auth(username)] name: String, #[auth(disabled)] disabled: bool }
    /// #[policy(active_user)]
    /// struct Members;
    ///
    /// #[get("/news")]
    /// #[requires_token]
    /// async fn news() {}
    ///
    /// let router: SecureRouter<Auth<User>> = SecureRouter::new().group::<Members>().mount(news);
    /// assert_eq!(router.access_table().rows()[0].policy, "Members (active user) and token");
    /// ```
    pub fn group<P: NamedPolicy>(mut self) -> Self
    where
        Protected<(P,)>: Enforce<S>,
    {
        self.check_open(P::NAMED.name.name);
        self.group.policies.push(P::REQUIREMENT);
        self.group.users = <Protected<(P,)> as Enforce<S>>::users();
        self
    }

    /// Answers every request that no handler is mounted for, with a handler that states its policy as any other does.
    ///
    /// With `#[requires_active_user]` above it, strangers are refused everywhere, and cannot find out what there is. It
    /// also answers where a path is mounted for other methods. In a nested router, it answers below that router's path.
    ///
    /// ```
    /// # use auth_runtime::prelude::*;
    /// # use axum::http::StatusCode;
    /// # #[derive(AuthUser, Clone)]
    /// # #[auth(no_password)]
    /// # struct User { #[auth(username)] name: String, #[auth(disabled)] disabled: bool }
    /// #[requires_active_user]
    /// async fn not_found() -> StatusCode {
    ///     StatusCode::NOT_FOUND
    /// }
    ///
    /// let router: SecureRouter<Auth<User>> = SecureRouter::new().fallback(not_found);
    /// ```
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        T: Guarded + 'static,
        <T::Endpoint as Endpoint>::Access: Enforce<S>,
        H: Mountable<T, S>,
    {
        self.check_open(T::Endpoint::SOURCE.name);
        let entry = Entry::new::<T::Endpoint>(fallback::ROUTE, handler.at_any());
        self.fallbacks.push(Fallback { prefix: String::new(), entry });
        self
    }

    fn check_open(&mut self, name: &str) {
        if self.group_is_closed {
            self.problems.push(format!(
                "{name} is added after `.with_state(..)` to a router with a group policy, which would not hold for it: add it before, or to an outer router that this one is merged into"
            ));
        }
    }

    /// Adds the handlers of another router.
    pub fn merge(mut self, other: Self) -> Self {
        let other = other.settled();
        self.check_open("another router");
        self.entries.extend(other.entries);
        self.fallbacks.extend(other.fallbacks);
        self.oauth_metadata |= other.oauth_metadata;
        self.problems.extend(other.problems);
        self.inner_docs.extend(other.inner_docs);
        self
    }

    /// Adds the handlers of another router under a path: `nest("/v1", users)` serves its `/me` at `/v1/me`, and its `/` at
    /// `/v1`, as axum does, or at `/v1/` where it redirects slashes, as FastAPI does.
    ///
    /// Handlers see the whole path. A document that the other router serves moves along, and keeps describing that
    /// router alone. The path may have parameters, `/tenants/{tenant}`; what axum cannot nest at is an error of
    /// [`into_router`](Self::into_router).
    ///
    /// ```
    /// # use auth_runtime::prelude::*;
    /// #[get("/health")]
    /// #[public]
    /// async fn health() -> &'static str {
    ///     "ok"
    /// }
    ///
    /// let app: SecureRouter = SecureRouter::new().nest("/v1", SecureRouter::new().mount(health));
    /// assert!(app.document().paths.paths.contains_key("/v1/health"));
    /// ```
    pub fn nest(mut self, prefix: &str, other: Self) -> Self {
        let other = other.settled();
        if let Err(problem) = docs::check_prefix(prefix) {
            self.problems.push(format!("a router cannot be nested at {prefix:?}: {problem}"));
            return self;
        }
        self.check_open("another router");
        self.problems.extend(other.problems);
        self.oauth_metadata |= other.oauth_metadata;
        self.fallbacks.extend(other.fallbacks.into_iter().map(|fallback| fallback.under(prefix)));
        for mut entry in other.entries {
            entry.listed.path = match entry.listed.path.as_str() {
                "/" if !entry.redirect_slashes => prefix.to_owned(),
                path => format!("{prefix}{path}"),
            };
            self.entries.push(entry);
        }
        self.inner_docs.extend(other.inner_docs.into_iter().map(|docs| docs.under(prefix)));
        self
    }

    /// Serves Swagger UI at this path, and the document that it shows at `/openapi.json`. Without this, neither is served.
    pub fn docs(mut self, path: impl Into<String>) -> Self {
        self.docs.ui = Some(path.into());
        self.docs.json.get_or_insert_with(|| "/openapi.json".to_owned());
        self
    }

    /// Serves the OpenAPI document at this path, with or without [`docs`](Self::docs).
    pub fn openapi_path(mut self, path: impl Into<String>) -> Self {
        self.docs.json = Some(path.into());
        self
    }

    /// Title and version in the document; `API` and `0.1.0` by default.
    pub fn info(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.docs.title = title.into();
        self.docs.version = version.into();
        self
    }

    /// The token endpoint's URL, for the document of a router that has no token endpoint itself.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.docs.token_url = Some(url.into());
        self
    }

    /// Adds a document of your own, from utoipa, say. Where both describe an operation, this router's description counts: it
    /// is the one that is enforced.
    pub fn merge_document(mut self, document: OpenApi) -> Self {
        self.docs.merged.push(document);
        self
    }

    /// Answers a path with a slash too many or too few at its end by a redirect (307) to the one that is mounted, as
    /// FastAPI does.
    pub fn redirect_slashes(mut self) -> Self {
        self.redirect_slashes = true;
        self
    }

    /// Serves the metadata of the authorization server that this is (RFC 8414), at
    /// `/.well-known/oauth-authorization-server`: where its token endpoint is, and what it can do. The issuer's URL is that of
    /// [`AuthBuilder::issuer`](crate::AuthBuilder::issuer), at whose root this router is served.
    pub fn oauth_metadata(mut self) -> Self {
        self.oauth_metadata = true;
        self
    }

    /// Gives the handlers their state: an [`Auth`](crate::Auth), or any [`AuthState`](crate::AuthState).
    pub fn with_state<S2>(mut self, state: S) -> SecureRouter<S2> {
        self.group_is_closed |= !self.group.policies.is_empty();
        self.write_group();
        let mut problems = self.problems;
        let entries = self.entries.into_iter().map(|entry| entry.with_state(&state, &mut problems)).collect();
        let fallbacks = self.fallbacks.into_iter().map(|fallback| fallback.with_state(&state, &mut problems)).collect();
        SecureRouter {
            entries,
            docs: self.docs,
            inner_docs: self.inner_docs,
            redirect_slashes: self.redirect_slashes,
            group: Group::default(),
            group_is_closed: self.group_is_closed,
            fallbacks,
            oauth_metadata: self.oauth_metadata,
            problems,
        }
    }

    /// Who may call what, as it is enforced: method, path, policy, handler and source of every handler.
    #[must_use]
    pub fn access_table(&self) -> AccessTable {
        AccessTable::of(&self.listed())
    }

    /// Every handler, with the policies of this router's group.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        let fallbacks = self.fallbacks.iter().map(|fallback| &fallback.entry.listed);
        let mut all: Vec<Listed> = self.entries.iter().map(|entry| &entry.listed).chain(fallbacks).cloned().collect();
        for listed in &mut all {
            // What is wrong is an error where the router is built.
            let _ = self.group.add_to(listed);
        }
        all
    }

    /// Writes the policies of the group to the handlers in it.
    fn write_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        let entries = self.entries.iter_mut().chain(self.fallbacks.iter_mut().map(|fallback| &mut fallback.entry));
        let problems = entries.filter_map(|entry| group.add_to(&mut entry.listed).err());
        self.problems.extend(problems);
    }

    /// What holds for the whole of this router is written to its parts, before it becomes a part itself.
    fn settled(mut self) -> Self {
        self.write_group();
        if self.redirect_slashes {
            self.entries.iter_mut().for_each(|entry| entry.redirect_slashes = true);
        }
        if self.docs.json.is_some() || self.docs.ui.is_some() || !self.docs.merged.is_empty() {
            let docs = std::mem::take(&mut self.docs);
            self.entries.iter_mut().for_each(|entry| entry.listed.documents.push(docs.id.clone()));
            self.inner_docs.push(docs);
        }
        self
    }
}

/// What can be done once the handlers have their state: call [`with_state`](Self::with_state) before.
impl SecureRouter {
    /// The plain axum router, to be served, layered, nested or merged like any other.
    ///
    /// # Errors
    /// [`RouterError`] lists every conflict: two handlers at one method and path, paths that no matcher can tell apart; and
    /// what can only be a mistake, unless it is accepted ([`Lint`](crate::Lint)).
    pub fn into_router(self) -> Result<Router, RouterError> {
        assemble::assemble(self.settled())
    }

    /// The OpenAPI document of all handlers, with or without [`docs`](Self::docs).
    #[must_use]
    pub fn document(&self) -> OpenApi {
        let listed = self.listed();
        let documented = listed.iter().filter(|listed| listed.route.method != fallback::ROUTE.method);
        self.docs.document(documented)
    }
}

impl Group {
    /// The policies of a group come before those of the handler, and before those of routers within.
    fn add_to(&self, listed: &mut Listed) -> Result<(), String> {
        if self.policies.is_empty() || listed.options.overrides_group {
            return Ok(());
        }
        listed.group.splice(0..0, self.policies.iter().copied());
        match (self.users, listed.users) {
            (Some(group), Some(own)) if group != own => Err(format!(
                "{} {}, of {}, is about other users than the group policy that it is merged into: give each kind of users a router with a group of its own",
                listed.route.method,
                listed.path,
                listed.source.place()
            )),
            _ => Ok(()),
        }
    }
}

impl TryFrom<SecureRouter> for Router {
    type Error = RouterError;

    fn try_from(router: SecureRouter) -> Result<Self, RouterError> {
        router.into_router()
    }
}

impl<S: Clone + Send + Sync + 'static> Default for SecureRouter<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for SecureRouter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.entries.iter().map(|entry| {
                    format!("{} {} ({})", entry.listed.route.method, entry.listed.path, entry.listed.policy)
                }),
            )
            .finish()
    }
}

fn filter(method: &str) -> Option<MethodFilter> {
    Some(match method {
        "GET" => MethodFilter::GET,
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        "HEAD" => MethodFilter::HEAD,
        "OPTIONS" => MethodFilter::OPTIONS,
        _ => return None,
    })
}
