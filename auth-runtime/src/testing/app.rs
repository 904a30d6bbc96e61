//! An application that is called without a socket.

use std::fmt;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned};
use tower_service::Service;

use super::{Acting, refusal_of};
use crate::{
    error::Refusal,
    router::{RouterError, SecureRouter},
    scope::Scope,
    user::AuthUser,
};

/// An application under test, called in this process: routing, guards and handlers are those that a server has.
#[derive(Debug, Clone)]
pub struct TestApp(Router);

impl TestApp {
    /// Of this router.
    ///
    /// # Errors
    /// As [`SecureRouter::into_router`].
    pub fn new(router: SecureRouter) -> Result<Self, RouterError> {
        router.into_router().map(Self)
    }

    /// Of a router of plain axum.
    pub fn plain(router: Router) -> Self {
        Self(router)
    }

    /// A GET of this path.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST to this path.
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// A PUT to this path.
    pub fn put(&self, path: &str) -> TestRequest {
        self.request(Method::PUT, path)
    }

    /// A PATCH of this path.
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// A DELETE of this path.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// A request of this method.
    ///
    /// # Panics
    /// If the path is none.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        let built = Request::builder().method(method).uri(path).header(header::HOST, "test").body(Body::empty());
        match built {
            Ok(request) => TestRequest { router: self.0.clone(), request },
            Err(error) => unusable("a path", path, &error),
        }
    }
}

/// What a test wrote cannot be sent: the test has a mistake, and says so where it is.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by it")]
fn unusable(what: &str, text: &str, error: &dyn fmt::Display) -> ! {
    panic!("{text:?} is not {what}: {error}")
}

/// A request under construction.
#[derive(Debug)]
#[must_use = "nothing is sent before `.send().await`"]
pub struct TestRequest {
    router: Router,
    request: Request<Body>,
}

impl TestRequest {
    /// Made by this user, without a password or a token.
    pub fn acting_as<U: AuthUser>(self, user: U) -> ActingRequest<U> {
        ActingRequest { request: self, acting: Acting::user(user) }
    }

    /// With a header.
    ///
    /// # Panics
    /// If it is none.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap_or_else(|error| unusable("the name of a header", name, &error));
        let value =
            HeaderValue::try_from(value).unwrap_or_else(|error| unusable("the value of a header", value, &error));
        self.request.headers_mut().append(name, value);
        self
    }

    /// With a token in `Authorization`.
    ///
    /// # Panics
    /// If it is none.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a body of this media type.
    ///
    /// # Panics
    /// If the media type is none.
    pub fn body(mut self, media_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", media_type)
    }

    /// With a JSON body.
    ///
    /// # Panics
    /// If it cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(text) => self.body("application/json", text),
            Err(error) => unusable("JSON", "the body", &error),
        }
    }

    /// The answer.
    ///
    /// # Panics
    /// If its body breaks off.
    pub async fn send(self) -> TestResponse {
        let response = self.send_raw().await;
        let refusal = refusal_of(&response).cloned();
        let (parts, body) = response.into_parts();
        match body.collect().await {
            Ok(body) => TestResponse { status: parts.status, headers: parts.headers, body: body.to_bytes(), refusal },
            Err(error) => unusable("a whole body", "the answer", &error),
        }
    }

    /// Its head, for who decides on it.
    pub(super) fn parts(&self) -> axum::http::request::Parts {
        let mut copy = Request::new(());
        *copy.method_mut() = self.request.method().clone();
        *copy.uri_mut() = self.request.uri().clone();
        *copy.headers_mut() = self.request.headers().clone();
        copy.into_parts().0
    }

    pub(super) async fn send_raw(mut self) -> Response {
        match self.router.call(self.request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A request that a user makes.
#[derive(Debug)]
#[must_use = "nothing is sent before `.send().await`"]
pub struct ActingRequest<U> {
    request: TestRequest,
    acting: Acting<U>,
}

impl<U: AuthUser> ActingRequest<U> {
    /// With a token of these scopes.
    pub fn scopes<S: Scope>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.acting = self.acting.scopes(scopes);
        self
    }

    /// With a JSON body.
    ///
    /// # Panics
    /// If it cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// With a header.
    ///
    /// # Panics
    /// If it is none.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// The answer.
    ///
    /// # Panics
    /// If its body breaks off.
    pub async fn send(mut self) -> TestResponse {
        self.request.request.extensions_mut().insert(self.acting);
        self.request.send().await
    }
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    refusal: Option<Refusal>,
}

impl TestResponse {
    /// The status; it compares with a number.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Why a guard refused, if one did.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| unusable("that JSON", &self.text(), &error))
    }
}
