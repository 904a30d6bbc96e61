//! WebSockets, guarded by each of the schemes: whoever is let in is sent the credential.

use auth_runtime::{AuthorizationHeader, prelude::*};
use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};

use super::answers::{SchemeAndCredentials, UsernameAndPassword, serve};

/// Accepts, sends one message and closes.
pub(crate) fn send(upgrade: WebSocketUpgrade, message: impl Serialize) -> Response {
    let text = serde_json::to_string(&message).unwrap_or_default();
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        // A client that is gone by now misses it.
        let _ = socket.send(Message::text(text)).await;
        let _ = socket.send(Message::Close(None)).await;
    })
}

/// What a client is sent of a credential.
trait Shown {
    fn shown(self) -> serde_json::Value;
}

impl Shown for Secret {
    fn shown(self) -> serde_json::Value {
        self.expose().into()
    }
}

impl Shown for AuthorizationHeader {
    fn shown(self) -> serde_json::Value {
        self.expose().into()
    }
}

impl Shown for HttpCredentials {
    fn shown(self) -> serde_json::Value {
        serde_json::to_value(SchemeAndCredentials::from(self)).unwrap_or_default()
    }
}

impl Shown for BasicCredentials {
    fn shown(self) -> serde_json::Value {
        serde_json::to_value(UsernameAndPassword::from(self)).unwrap_or_default()
    }
}

/// A scheme, and the two applications that have it.
macro_rules! guarded_by {
    ($($module:ident: #[security($($security:tt)*)] $scheme:ident($credential:ident);)*) => {$(
        pub(crate) mod $module {
            use super::*;

            #[derive(SecurityScheme, Clone)]
            #[security($($security)*)]
            pub(crate) struct $scheme($credential);

            #[websocket("/")]
            #[requires($scheme)]
            pub(crate) async fn required(upgrade: WebSocketUpgrade, $scheme(credential): $scheme) -> Response {
                send(upgrade, credential.shown())
            }

            #[websocket("/")]
            #[public]
            pub(crate) async fn optional(upgrade: WebSocketUpgrade, credential: Option<$scheme>) -> Response {
                send(upgrade, credential.map(|$scheme(credential)| credential.shown()))
            }
        }
    )*

        /// Each at a path of its own.
        pub(crate) fn router() -> Result<SecureRouter, BoxError> {
            Ok(SecureRouter::new()$(
                .nest(&path("required", stringify!($module)), serve(SecureRouter::new().mount($module::required))?)
                .nest(&path("optional", stringify!($module)), serve(SecureRouter::new().mount($module::optional))?)
            )*)
        }
    };
}

fn path(kind: &str, scheme: &str) -> String {
    format!("/{kind}/{}", scheme.replace('_', "-"))
}

guarded_by! {
    http_base: #[security(http = "Other", any_scheme)] HTTPBase(HttpCredentials);
    http_basic: #[security(basic)] HTTPBasic(BasicCredentials);
    http_bearer: #[security(bearer)] HTTPBearer(HttpCredentials);
    http_digest: #[security(digest)] HTTPDigest(HttpCredentials);
    api_key_query: #[security(api_key(query = "key"))] APIKeyQuery(Secret);
    api_key_header: #[security(api_key(header = "key"))] APIKeyHeader(Secret);
    api_key_cookie: #[security(api_key(cookie = "key"))] APIKeyCookie(Secret);
    oauth2: #[security(oauth2(password(token_url = "token")))] OAuth2(AuthorizationHeader);
    openid_connect: #[security(open_id_connect = "/openid")] OpenIdConnect(AuthorizationHeader);
    oauth2_password_bearer: #[security(oauth2(password(token_url = "token")))] OAuth2PasswordBearer(Secret);
    oauth2_authorization_code_bearer:
        #[security(oauth2(authorization_code(authorization_url = "authorize", token_url = "token")))]
        OAuth2AuthorizationCodeBearer(Secret);
}
