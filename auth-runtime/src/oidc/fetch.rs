//! Asking the provider: one GET at a time, bounded, and never on to another address.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, Uri, header},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::store::StoreError;

/// Far more than any provider's documents have.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, Clone)]
pub(super) struct Fetch {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    timeout: Duration,
}

impl Fetch {
    /// With the certificates that this machine trusts.
    pub(super) fn new(timeout: Duration) -> Result<Self, StoreError> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .map_err(|error| {
                StoreError::new("the certificates that this machine trusts cannot be read").caused_by(error)
            })?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), timeout })
    }

    /// The document at this address. A redirect is an error: where it leads is the sender's choice, not ours.
    pub(super) async fn get(&self, uri: &Uri) -> Result<Vec<u8>, StoreError> {
        let answer = tokio::time::timeout(self.timeout, self.try_get(uri)).await;
        answer.unwrap_or_else(|_| Err(StoreError::new(format!("{uri} did not answer within {:?}", self.timeout))))
    }

    async fn try_get(&self, uri: &Uri) -> Result<Vec<u8>, StoreError> {
        let request = Request::get(uri)
            .header(header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|error| StoreError::new(format!("{uri} cannot be asked")).caused_by(error))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| StoreError::new(format!("{uri} cannot be reached")).caused_by(error))?;
        if response.status() != StatusCode::OK {
            return Err(StoreError::new(format!("{uri} answers with {}", response.status())));
        }
        let body = to_bytes(Body::new(response.into_body()), MAX_BYTES).await;
        body.map(|bytes| bytes.to_vec())
            .map_err(|_| StoreError::new(format!("{uri} answers with too much, or breaks off")))
    }
}

/// An address that is asked only over TLS, or on this very machine.
pub(super) fn trustworthy(text: &str) -> Result<Uri, StoreError> {
    let uri: Uri = text.parse().map_err(|_| StoreError::new(format!("{text:?} is no URL")))?;
    let host = uri.host().unwrap_or_default();
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(uri),
        Some("http") if is_here => Ok(uri),
        _ => Err(StoreError::new(format!("{text:?} is not an https URL"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine_is_asked() {
        for text in ["https://login.example/x", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost"] {
            assert!(trustworthy(text).is_ok(), "{text}");
        }
        for text in
            ["http://login.example", "http://127.0.0.1.evil.example", "file:///etc/passwd", "/relative", "", "ftp://x"]
        {
            assert!(trustworthy(text).is_err(), "{text}");
        }
    }
}
