//! `security` of operations, and the schemes that they name.

use std::collections::BTreeMap;

use utoipa::openapi::{
    RefOr,
    extensions::ExtensionsBuilder,
    security::{
        ApiKey, ApiKeyValue, AuthorizationCode, ClientCredentials, Flow as OpenApiFlow, Http, HttpAuthScheme,
        HttpBuilder, Implicit, OAuth2, OpenIdConnect, Password, Scopes, SecurityRequirement, SecurityScheme,
    },
};

use super::{describe::LoginBody, document::Listed};
use crate::{
    endpoint::Takes,
    policy::Alternative,
    scheme::{Flow, FlowKind, KeyIn, Place, Scheme},
};

/// utoipa knows the registered HTTP schemes alone; another one travels in this extension, until the document is written.
pub(super) const OTHER_SCHEME: &str = "x-http-scheme";

/// Scopes with their descriptions, in the order in which they were found.
type Known = Vec<(String, String)>;

/// The token scheme of one application.
#[derive(Default)]
struct TokenScheme {
    token_url: Option<String>,
    scopes: Known,
}

/// The schemes of a document under construction.
#[derive(Default)]
pub(super) struct Schemes {
    tokens: Vec<(String, TokenScheme)>,
    declared: Vec<&'static Scheme>,
}

impl Schemes {
    /// Adds those that an operation needs, or is the login of.
    pub(super) fn add_operation(&mut self, endpoint: &Listed, login: Option<&LoginBody>, path: &str) {
        let mut scopes = Known::new();
        if let Some(login) = login {
            add_scopes(&mut scopes, login.scopes.iter().copied());
        }
        let asked_for = endpoint.rules().scopes();
        add_scopes(&mut scopes, asked_for.iter().map(|scope| (scope.as_str(), scope.description())));
        let needs_token = alternatives(endpoint).iter().any(|alternative| alternative.token.is_some());
        if login.is_some() || needs_token {
            let token = self.token(endpoint.token_scheme());
            if login.is_some() {
                // Relative, so that it is right behind any proxy and under any prefix.
                token.token_url.get_or_insert_with(|| path.trim_start_matches('/').to_owned());
            }
            add_scopes(&mut token.scopes, scopes.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        }
        for (scheme, _) in alternatives(endpoint).into_iter().flat_map(|alternative| alternative.schemes) {
            if !self.declared.contains(&scheme) {
                self.declared.push(scheme);
            }
        }
    }

    fn token(&mut self, name: &str) -> &mut TokenScheme {
        let index = self.tokens.iter().position(|(present, _)| present == name).unwrap_or_else(|| {
            self.tokens.push((name.to_owned(), TokenScheme::default()));
            self.tokens.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position of what was found or just added")]
        &mut self.tokens[index].1
    }

    /// Each under its name. `token_url` is that of a router without a token endpoint.
    pub(super) fn into_components(mut self, token_url: Option<&str>) -> Vec<(String, SecurityScheme)> {
        if self.tokens.is_empty() && token_url.is_some() {
            self.token("OAuth2PasswordBearer");
        }
        let mut components = Vec::new();
        for (name, TokenScheme { token_url: own, scopes }) in self.tokens {
            let url = token_url.map(str::to_owned).or(own).unwrap_or_else(|| "token".to_owned());
            let flow = Password::new(url, Scopes::from_iter(scopes));
            components.push((name, SecurityScheme::OAuth2(OAuth2::new([OpenApiFlow::Password(flow)]))));
        }
        components.extend(self.declared.into_iter().map(|scheme| (scheme.name().to_owned(), component(scheme))));
        components
    }
}

fn add_scopes<'a>(scopes: &mut Known, new: impl Iterator<Item = (&'a str, &'a str)>) {
    for (name, description) in new {
        if !scopes.iter().any(|(present, _)| present == name) {
            scopes.push((name.to_owned(), description.to_owned()));
        }
    }
}

/// What is enough for this operation: of its policy, and of what it takes if it is there.
fn alternatives(endpoint: &Listed) -> Vec<Alternative> {
    let mut alternatives = endpoint.rules().alternatives().unwrap_or_default();
    let open = endpoint.options.observed || alternatives.iter().any(Alternative::is_open);
    if endpoint.options.observed && !alternatives.iter().any(Alternative::is_open) {
        alternatives.insert(0, Alternative::default());
    }
    if open {
        for takes in endpoint.takes {
            let mut taken = Alternative::default();
            match takes {
                Takes::OptionalUser | Takes::OptionalToken => taken.token = Some(Vec::new()),
                Takes::OptionalScheme(scheme) => taken.schemes.push((*scheme, Vec::new())),
                _ => continue,
            }
            if !alternatives.contains(&taken) {
                alternatives.push(taken);
            }
        }
    }
    alternatives
}

/// The `security` of an operation; none for one that is public and takes nothing.
pub(super) fn requirements(endpoint: &Listed) -> Vec<SecurityRequirement> {
    let alternatives = alternatives(endpoint);
    if alternatives.iter().all(Alternative::is_open) {
        return Vec::new();
    }
    let requirement = |Alternative { token, schemes }: Alternative| {
        let token = token.map(|scopes| (endpoint.token_scheme(), scopes));
        let schemes = schemes.into_iter().map(|(scheme, scopes)| (scheme.name(), scopes));
        token.into_iter().chain(schemes).fold(SecurityRequirement::default(), |requirement, (name, mut scopes)| {
            let mut seen = Vec::new();
            scopes.retain(|scope| {
                !seen.contains(scope) && {
                    seen.push(*scope);
                    true
                }
            });
            requirement.add(name, scopes)
        })
    };
    alternatives.into_iter().map(requirement).collect()
}

/// Whether the document has the token's scheme in the `security` of this operation.
pub(crate) fn names_token(endpoint: &Listed) -> bool {
    alternatives(endpoint).iter().any(|alternative| alternative.token.is_some())
}

/// The schemes that an operation takes credentials of, as an access table names them.
pub(crate) fn scheme_names(endpoint: &Listed) -> String {
    let names = |Alternative { token, schemes }: Alternative| {
        let token = token.map(|_| endpoint.token_scheme());
        let schemes = schemes.into_iter().map(|(scheme, _)| scheme.name());
        let names: Vec<&str> = token.into_iter().chain(schemes).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(" + ") }
    };
    let mut all: Vec<String> = alternatives(endpoint).into_iter().map(names).collect();
    all.dedup();
    all.join(" or ")
}

/// A declared scheme, as OpenAPI says it.
fn component(scheme: &Scheme) -> SecurityScheme {
    let description = (!scheme.description.is_empty()).then(|| scheme.description.to_owned());
    match scheme.place {
        Place::ApiKey(place, name) => {
            let value = match &description {
                Some(description) => ApiKeyValue::with_description(name, description),
                None => ApiKeyValue::new(name),
            };
            SecurityScheme::ApiKey(match place {
                KeyIn::Header => ApiKey::Header(value),
                KeyIn::Query => ApiKey::Query(value),
                KeyIn::Cookie => ApiKey::Cookie(value),
            })
        }
        Place::Http { scheme: word, .. } => {
            let registered = http_scheme(word);
            let mut http = HttpBuilder::new().scheme(registered.clone().unwrap_or_default()).description(description);
            if let Some(format) = scheme.bearer_format {
                http = http.bearer_format(format);
            }
            let mut http: Http = http.build();
            if registered.is_none() {
                http.extensions = Some(ExtensionsBuilder::new().add(OTHER_SCHEME, word).build());
            }
            SecurityScheme::Http(http)
        }
        Place::OAuth2(flows, scopes) => {
            let flows = flows.iter().map(|flow| oauth2_flow(flow, &scopes()));
            SecurityScheme::OAuth2(match description {
                Some(description) => OAuth2::with_description(flows, description),
                None => OAuth2::new(flows),
            })
        }
        Place::OpenIdConnect(url) => SecurityScheme::OpenIdConnect(match description {
            Some(description) => OpenIdConnect::with_description(url, &description),
            None => OpenIdConnect::new(url),
        }),
    }
}

fn oauth2_flow(flow: &Flow, known: &[(&str, &str)]) -> OpenApiFlow {
    let Flow { kind, authorization_url, token_url, refresh_url } = *flow;
    let scopes = Scopes::from_iter(known.iter().map(|(name, text)| (*name, *text)).collect::<BTreeMap<_, _>>());
    match (kind, refresh_url) {
        (FlowKind::AuthorizationCode, None) => {
            OpenApiFlow::AuthorizationCode(AuthorizationCode::new(authorization_url, token_url, scopes))
        }
        (FlowKind::AuthorizationCode, Some(refresh)) => OpenApiFlow::AuthorizationCode(
            AuthorizationCode::with_refresh_url(authorization_url, token_url, scopes, refresh),
        ),
        (FlowKind::Implicit, None) => OpenApiFlow::Implicit(Implicit::new(authorization_url, scopes)),
        (FlowKind::Implicit, Some(refresh)) => {
            OpenApiFlow::Implicit(Implicit::with_refresh_url(authorization_url, scopes, refresh))
        }
        (FlowKind::Password, None) => OpenApiFlow::Password(Password::new(token_url, scopes)),
        (FlowKind::Password, Some(refresh)) => {
            OpenApiFlow::Password(Password::with_refresh_url(token_url, scopes, refresh))
        }
        (FlowKind::ClientCredentials, None) => {
            OpenApiFlow::ClientCredentials(ClientCredentials::new(token_url, scopes))
        }
        (FlowKind::ClientCredentials, Some(refresh)) => {
            OpenApiFlow::ClientCredentials(ClientCredentials::with_refresh_url(token_url, scopes, refresh))
        }
    }
}

fn http_scheme(word: &str) -> Option<HttpAuthScheme> {
    Some(match word.to_ascii_lowercase().as_str() {
        "basic" => HttpAuthScheme::Basic,
        "bearer" => HttpAuthScheme::Bearer,
        "digest" => HttpAuthScheme::Digest,
        _ => return None,
    })
}

/// The document as JSON, with the schemes that utoipa does not know in place.
pub(crate) fn to_json(document: &utoipa::openapi::OpenApi) -> Result<String, serde_json::Error> {
    let has_other = document.components.iter().flat_map(|components| components.security_schemes.values()).any(
        |scheme| matches!(scheme, RefOr::T(SecurityScheme::Http(http)) if http.extensions.as_ref().is_some_and(|extensions| extensions.contains_key(OTHER_SCHEME))),
    );
    if !has_other {
        return document.to_json();
    }
    let mut value = serde_json::to_value(document)?;
    let schemes = value.pointer_mut("/components/securitySchemes").and_then(serde_json::Value::as_object_mut);
    for scheme in
        schemes.into_iter().flat_map(|schemes| schemes.values_mut()).filter_map(serde_json::Value::as_object_mut)
    {
        if let Some(word) = scheme.remove(OTHER_SCHEME) {
            scheme.insert("scheme".to_owned(), word);
        }
    }
    serde_json::to_string(&value)
}
