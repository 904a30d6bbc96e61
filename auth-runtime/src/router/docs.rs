//! The document of a router, and where it is served.

use std::sync::Arc;

use axum::{
    extract::OriginalUri,
    http::header,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use utoipa::openapi::{OpenApi, Server};

use crate::{
    openapi::{DocumentId, Heading, Listed, document, names_token, to_json},
    scheme::Scheme,
};

/// Where the document of a router is served, and what it says beside the handlers.
#[derive(Clone)]
pub(super) struct Docs {
    pub(super) id: DocumentId,
    /// The path that the router is nested under.
    pub(super) base: String,
    pub(super) json: Option<String>,
    pub(super) ui: Option<String>,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) token_url: Option<String>,
    pub(super) merged: Vec<OpenApi>,
}

impl Default for Docs {
    fn default() -> Self {
        Self {
            id: DocumentId::default(),
            base: String::new(),
            json: None,
            ui: None,
            title: "API".to_owned(),
            version: "0.1.0".to_owned(),
            token_url: None,
            merged: Vec::new(),
        }
    }
}

impl Docs {
    /// The same, for a router that is nested under `prefix`.
    pub(super) fn under(mut self, prefix: &str) -> Self {
        for path in [Some(&mut self.base), self.json.as_mut(), self.ui.as_mut()].into_iter().flatten() {
            path.insert_str(0, prefix);
        }
        self
    }

    /// The document of the router that this one belongs to.
    pub(super) fn own_document<'a>(&self, endpoints: impl Iterator<Item = &'a Listed>) -> OpenApi {
        self.document(endpoints.filter(|endpoint| endpoint.documents.contains(&self.id)))
    }

    /// The document of these endpoints.
    pub(super) fn document<'a>(&self, endpoints: impl Iterator<Item = &'a Listed>) -> OpenApi {
        let endpoints: Vec<&Listed> = endpoints.collect();
        let heading = Heading {
            title: &self.title,
            version: &self.version,
            base: &self.base,
            token_url: self.token_url.as_deref(),
        };
        let mut document = document(&endpoints, &heading);
        for merged in &self.merged {
            // What is there stays: `merge` adds only what is missing.
            let mut merged = merged.clone();
            // What holds for all of its operations must not come to hold for the others.
            merged.security = None;
            merged.servers = None;
            document.merge(merged);
        }
        document
    }

    /// What in this document would have one name for two things.
    pub(super) fn conflicts<'a>(&self, endpoints: impl Iterator<Item = &'a Listed>) -> Vec<String> {
        let mut tokens: Vec<&Listed> = Vec::new();
        let mut schemes: Vec<(&Listed, &'static Scheme)> = Vec::new();
        let mut problems = Vec::new();
        for endpoint in endpoints.filter(|endpoint| endpoint.documents.contains(&self.id)) {
            let place = |listed: &Listed| listed.source.place();
            if let Some(answers) = endpoint.answers.as_ref().filter(|_| names_token(endpoint)) {
                let clash = |other: &&&Listed| {
                    other.token_scheme() == endpoint.token_scheme()
                        && other.answers.as_ref().is_some_and(|present| !Arc::ptr_eq(present, answers))
                };
                match tokens.iter().find(clash) {
                    Some(other) => problems.push(format!(
                        "{} and {} take tokens of two `Auth`s, which the document calls {} both: give one of them a `.token_scheme_name(..)`",
                        place(other),
                        place(endpoint),
                        endpoint.token_scheme()
                    )),
                    None => tokens.push(endpoint),
                }
            }
            for scheme in endpoint.rules().schemes() {
                match schemes.iter().find(|(_, present)| present.name() == scheme.name() && *present != scheme) {
                    Some((other, _)) => problems.push(format!(
                        "{} and {} name two security schemes that the document calls {} both: give one of them a `name = \"..\"`",
                        place(other),
                        place(endpoint),
                        scheme.name()
                    )),
                    None => schemes.push((endpoint, scheme)),
                }
            }
        }
        problems.dedup();
        problems
    }

    /// The routes that serve it.
    pub(super) fn routes(&self, document: OpenApi) -> Result<Vec<(String, MethodRouter)>, String> {
        let mut routes = Vec::new();
        let Some(json) = &self.json else { return Ok(routes) };
        for path in [Some(json), self.ui.as_ref()].into_iter().flatten() {
            check_path(path).map_err(|problem| format!("the document cannot be served at {path:?}: {problem}"))?;
        }
        let text = to_json(&document).map_err(|error| format!("the document cannot be written: {error}"))?;
        routes.push((json.clone(), serve(json.clone(), text.into(), document)));
        #[cfg(feature = "swagger-ui")]
        if let Some(ui) = &self.ui {
            routes.extend(crate::openapi::ui::routes(ui, json, &self.title));
        }
        #[cfg(not(feature = "swagger-ui"))]
        if self.ui.is_some() {
            return Err(
                "`.docs(..)` needs the feature `swagger-ui` of auth-runtime; `.openapi_path(..)` does not".to_owned()
            );
        }
        Ok(routes)
    }
}

/// A document says under which path its operations are. The prefix of an outer `axum::Router::nest` is only known per
/// request.
fn serve(path: String, text: Arc<str>, document: OpenApi) -> MethodRouter {
    let document = Arc::new(document);
    get(move |OriginalUri(uri): OriginalUri| async move {
        match uri.path().strip_suffix(path.as_str()) {
            None | Some("") => json(text.to_string()),
            Some(outer) => {
                let mut document = OpenApi::clone(&document);
                let base = document.servers.iter().flatten().next().map_or("", |server| server.url.as_str());
                document.servers = Some(vec![Server::new(format!("{outer}{base}"))]);
                to_json(&document).map_or_else(|_| json(text.to_string()), json)
            }
        }
    })
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Whether axum takes this path; it would panic if not.
pub(super) fn check_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("it does not begin with a slash");
    }
    if path
        .bytes()
        .any(|byte| matches!(byte, b'{' | b'}' | b'*' | b':' | b'?' | b'#' | b'"' | b'<' | b'>') || byte <= b' ')
    {
        return Err("it has a character that a plain path does not have");
    }
    Ok(())
}

/// Whether a router can be nested here: as a path, and with parameters that are whole segments.
pub(super) fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let plain: Vec<&str> = prefix
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !name.is_empty() && !name.starts_with('*') => name,
            _ => segment,
        })
        .collect();
    check_path(&plain.join("/"))?;
    if prefix.ends_with('/') { Err("it ends with a slash") } else { Ok(()) }
}
