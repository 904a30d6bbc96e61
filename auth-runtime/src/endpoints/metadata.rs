//! What a client can find out of an authorization server by itself (RFC 8414).

use serde::Serialize;

use super::MODULE;
use crate::{
    error::Answers,
    openapi::{Describe, Listed},
};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

#[derive(Serialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'static str>,
    /// Required, and there are none: this server has no authorization endpoint.
    response_types_supported: [&'static str; 0],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
}

/// Where the metadata is served, and what it says.
///
/// # Errors
/// What is missing for it.
pub(crate) fn metadata(endpoints: &[&Listed]) -> Result<(String, String), String> {
    let described = endpoints.iter().find_map(|listed| {
        let mut description = Describe::default();
        (listed.route.describe)(&mut description);
        description.login.map(|login| (listed, login))
    });
    let Some((token_endpoint, login)) = described else {
        return Err("the metadata of an authorization server names its token endpoint, and none is mounted".to_owned());
    };
    let default = Answers::default();
    let answers = token_endpoint.answers.as_deref().unwrap_or(&default);
    let Some((origin, path)) = answers.issuer.as_deref().and_then(split) else {
        return Err(
            "the metadata of an authorization server names its URL: add `.issuer(\"https://..\")`, without a query, to the Auth"
                .to_owned(),
        );
    };
    let ours = |name: &str| {
        let found =
            endpoints.iter().find(|listed| listed.source.module.starts_with(MODULE) && listed.source.name == name);
        found.map(|listed| format!("{origin}{}", listed.path))
    };
    let mut grants = vec!["password"];
    if answers.refresh_tokens {
        grants.push("refresh_token");
    }
    let mut methods = vec!["none"];
    if answers.has_clients {
        grants.push("client_credentials");
        methods.extend(["client_secret_basic", "client_secret_post"]);
    }
    let metadata = Metadata {
        issuer: format!("{origin}{path}"),
        token_endpoint: format!("{origin}{}", token_endpoint.path),
        jwks_uri: ours("jwks"),
        revocation_endpoint: ours("revoke"),
        introspection_endpoint: ours("introspect"),
        scopes_supported: login.scopes.iter().map(|(scope, _)| *scope).collect(),
        response_types_supported: [],
        grant_types_supported: grants,
        token_endpoint_auth_methods_supported: methods.clone(),
        revocation_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    };
    let text = serde_json::to_string(&metadata).map_err(|error| format!("the metadata cannot be written: {error}"))?;
    Ok((format!("{WELL_KNOWN}{path}"), text))
}

/// Origin and path of an issuer's URL.
fn split(issuer: &str) -> Option<(&str, &str)> {
    let after_scheme = issuer.find("://")? + "://".len();
    if !issuer.starts_with("https://") && !issuer.starts_with("http://") || issuer.contains(['?', '#', ' ', '{', '}']) {
        return None;
    }
    let path = issuer.get(after_scheme..)?.find('/').map_or(issuer.len(), |slash| after_scheme + slash);
    let (origin, path) = issuer.split_at(path);
    Some((origin, path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_a_url() {
        assert_eq!(split("https://auth.example"), Some(("https://auth.example", "")));
        assert_eq!(split("http://127.0.0.1:8000/a/b"), Some(("http://127.0.0.1:8000", "/a/b")));
        for issuer in ["urn:auth-runtime", "auth.example", "https://auth.example?a=b", ""] {
            assert_eq!(split(issuer), None, "{issuer}");
        }
    }
}
