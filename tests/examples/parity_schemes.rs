//! FastAPI's security classes, one small application each, as the originals answer.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tests::server::{Answer, TestServer};
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue};

use crate::{
    parity::PROGRAM,
    process::{Example, Scratch},
};

fn is(answer: &Answer, status: u16, body: &Value, challenge: Option<&str>) {
    assert_eq!((answer.status, &answer.json()), (status, body));
    assert_eq!(answer.header("www-authenticate"), challenge);
}

fn not_authenticated(answer: &Answer, challenge: &str) {
    is(answer, 401, &json!({"detail": "Not authenticated"}), Some(challenge));
}

fn create_an_account() -> Value {
    json!({"msg": "Create an account first"})
}

/// `security` of an operation, and the schemes of the document.
async fn documented(server: &TestServer, prefix: &str, method: &str, path: &str) -> (Value, Value) {
    let document = server.get(&format!("/{prefix}/openapi.json")).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    (document["paths"][path][method]["security"].clone(), document["components"]["securitySchemes"].clone())
}

/// Asks `GET /users/me` of an application, in its three variants: without, with, and as the document says it.
struct Class {
    prefix: &'static str,
    name: &'static str,
    scheme: Value,
    challenge: &'static str,
    /// A header line that is right, or a query.
    credential: &'static str,
    body: Value,
    optional: bool,
}

impl Class {
    async fn ask(&self, server: &TestServer) {
        let path = format!("/{}/users/me", self.prefix);
        let absent = server.get(&path).await;
        if self.optional {
            is(&absent, 200, &create_an_account(), None);
        } else {
            not_authenticated(&absent, self.challenge);
        }
        let present = match self.credential.strip_prefix('?') {
            Some(query) => server.get(&format!("{path}?{query}")).await,
            None => server.request("GET", &path, &[self.credential]).await,
        };
        is(&present, 200, &self.body, None);
        let (security, schemes) = documented(server, self.prefix, "get", "/users/me").await;
        let required = json!({self.name: []});
        assert_eq!(security, if self.optional { json!([{}, required]) } else { json!([required]) }, "{}", self.prefix);
        assert_eq!(schemes, json!({self.name: self.scheme}), "{}", self.prefix);
    }
}

#[tokio::test]
async fn one_scheme_each() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let mut classes = Vec::new();
    let keys = [
        ("cookie", "APIKeyCookie", "An API Cookie Key", "cookie: key=secret"),
        ("header", "APIKeyHeader", "An API Key Header", "key: secret"),
        ("query", "APIKeyQuery", "API Key Query", "?key=secret"),
    ];
    for (place, name, description, credential) in keys {
        let scheme = json!({"type": "apiKey", "in": place, "name": "key"});
        let prefix = |suffix: &str| -> &'static str { format!("security_api_key_{place}{suffix}").leak() };
        let mut described = scheme.clone();
        described["description"] = description.into();
        let class = |suffix, scheme, optional| Class {
            prefix: prefix(suffix),
            name,
            scheme,
            challenge: "APIKey",
            credential,
            body: json!({"username": "secret"}),
            optional,
        };
        classes.extend([
            class("", scheme.clone(), false),
            class("_description", described, false),
            class("_optional", scheme, true),
        ]);
    }
    let http = |word: &str, description: &str| {
        let mut scheme = json!({"type": "http", "scheme": word});
        if !description.is_empty() {
            scheme["description"] = description.into();
        }
        scheme
    };
    let handed_on = |word: &str| json!({"scheme": word, "credentials": "foobar"});
    let named = json!({"username": "john", "password": "secret"});
    let open_id = |description: &str| {
        let mut scheme = json!({"type": "openIdConnect", "openIdConnectUrl": "/openid"});
        if !description.is_empty() {
            scheme["description"] = description.into();
        }
        scheme
    };
    let other = "authorization: Other  foobar ";
    let basic = "authorization: Basic am9objpzZWNyZXQ=";
    let bearer = "authorization: Bearer foobar";
    let digest = "authorization: Digest foobar";
    let simple = r#"Basic realm="simple""#;
    for (prefix, name, scheme, challenge, credential, body, optional) in [
        ("security_http_base", "HTTPBase", http("Other", ""), "Other", other, handed_on("Other"), false),
        (
            "security_http_base_description",
            "HTTPBase",
            http("Other", "Other Security Scheme"),
            "Other",
            other,
            handed_on("Other"),
            false,
        ),
        ("security_http_base_optional", "HTTPBase", http("Other", ""), "Other", other, handed_on("Other"), true),
        ("security_http_basic_optional", "HTTPBasic", http("basic", ""), "Basic", basic, named.clone(), true),
        ("security_http_basic_realm", "HTTPBasic", http("basic", ""), simple, basic, named.clone(), false),
        (
            "security_http_basic_realm_description",
            "HTTPBasic",
            http("basic", "HTTPBasic scheme"),
            simple,
            basic,
            named.clone(),
            false,
        ),
        ("security_http_bearer", "HTTPBearer", http("bearer", ""), "Bearer", bearer, handed_on("Bearer"), false),
        (
            "security_http_bearer_description",
            "HTTPBearer",
            http("bearer", "HTTP Bearer token scheme"),
            "Bearer",
            bearer,
            handed_on("Bearer"),
            false,
        ),
        (
            "security_http_bearer_optional",
            "HTTPBearer",
            http("bearer", ""),
            "Bearer",
            bearer,
            handed_on("Bearer"),
            true,
        ),
        ("security_http_digest", "HTTPDigest", http("digest", ""), "Digest", digest, handed_on("Digest"), false),
        (
            "security_http_digest_description",
            "HTTPDigest",
            http("digest", "HTTPDigest scheme"),
            "Digest",
            digest,
            handed_on("Digest"),
            false,
        ),
        (
            "security_http_digest_optional",
            "HTTPDigest",
            http("digest", ""),
            "Digest",
            digest,
            handed_on("Digest"),
            true,
        ),
        (
            "security_openid_connect",
            "OpenIdConnect",
            open_id(""),
            "Bearer",
            bearer,
            json!({"username": "Bearer foobar"}),
            false,
        ),
        (
            "security_openid_connect_description",
            "OpenIdConnect",
            open_id("OpenIdConnect security scheme"),
            "Bearer",
            "authorization: Other foobar",
            json!({"username": "Other foobar"}),
            false,
        ),
        (
            "security_openid_connect_optional",
            "OpenIdConnect",
            open_id(""),
            "Bearer",
            bearer,
            json!({"username": "Bearer foobar"}),
            true,
        ),
    ] {
        classes.push(Class { prefix, name, scheme, challenge, credential, body, optional });
    }
    assert_eq!(classes.len(), 24);
    for class in &classes {
        class.ask(&example.server).await;
    }
}

#[tokio::test]
async fn other_and_malformed_credentials() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let ask = async |prefix: &str, header: &str| server.request("GET", &format!("/{prefix}/users/me"), &[header]).await;
    // Any word will do for the base class, and no other one does.
    let foo = ask("security_http_base", "authorization: Foo bar").await;
    is(&foo, 200, &json!({"scheme": "Foo", "credentials": "bar"}), None);
    not_authenticated(&ask("security_http_bearer", "authorization: Basic foobar").await, "Bearer");
    not_authenticated(&ask("security_http_digest", "authorization: Other foobar").await, "Digest");
    is(&ask("security_http_bearer_optional", "authorization: Basic foobar").await, 200, &create_an_account(), None);
    is(&ask("security_http_digest_optional", "authorization: Other foobar").await, 200, &create_an_account(), None);
    // What is malformed is never taken for absent. The second has no colon.
    for value in ["Basic notabase64token", "Basic am9obnNlY3JldA=="] {
        let header = format!("authorization: {value}");
        not_authenticated(&ask("security_http_basic_optional", &header).await, "Basic");
        not_authenticated(&ask("security_http_basic_realm", &header).await, r#"Basic realm="simple""#);
    }
}

#[tokio::test]
async fn oauth2_with_the_password_flow() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let scopes = json!({"read:users": "Read the users", "write:users": "Create users"});
    for (prefix, description, optional) in [
        ("security_oauth2", None, false),
        ("security_oauth2_optional", None, true),
        ("security_oauth2_optional_description", Some("OAuth2 security scheme"), true),
    ] {
        let path = format!("/{prefix}/users/me");
        for header in ["Bearer footokenbar", "Other footokenbar"] {
            let answer = server.request("GET", &path, &[&format!("authorization: {header}")]).await;
            is(&answer, 200, &json!({"username": header}), None);
        }
        let absent = server.get(&path).await;
        if optional {
            is(&absent, 200, &create_an_account(), None);
        } else {
            not_authenticated(&absent, "Bearer");
        }

        let login = format!("/{prefix}/login");
        let form = server.post_form(&login, "username=johndoe&password=secret&grant_type=password").await;
        let expected = json!({
            "grant_type": "password", "username": "johndoe", "password": "secret",
            "scopes": [], "client_id": null, "client_secret": null,
        });
        is(&form, 200, &expected, None);
        let form =
            server.post_form(&login, "username=a&password=b&grant_type=password&scope=x+y&client_id=c&client_secret=d");
        let form = form.await.json();
        assert_eq!(
            (&form["scopes"], &form["client_id"], &form["client_secret"]),
            (&json!(["x", "y"]), &json!("c"), &json!("d"))
        );
        let missing =
            |field: &str| json!({"type": "missing", "loc": ["body", field], "msg": "Field required", "input": null});
        let all = json!({"detail": [missing("grant_type"), missing("username"), missing("password")]});
        is(&server.post_form(&login, "").await, 422, &all, None);
        is(&server.request("POST", &login, &["content-length: 0"]).await, 422, &all, None);
        let one = json!({"detail": [missing("grant_type")]});
        is(&server.post_form(&login, "username=johndoe&password=secret").await, 422, &one, None);
        let wrong = json!({"detail": [{
            "type": "string_pattern_mismatch", "loc": ["body", "grant_type"],
            "msg": "String should match pattern '^password$'", "input": "incorrect", "ctx": {"pattern": "^password$"},
        }]});
        is(&server.post_form(&login, "username=johndoe&password=secret&grant_type=incorrect").await, 422, &wrong, None);

        let (security, schemes) = documented(server, prefix, "get", "/users/me").await;
        assert_eq!(security, if optional { json!([{}, {"OAuth2": []}]) } else { json!([{"OAuth2": []}]) });
        let mut scheme = json!({"type": "oauth2", "flows": {"password": {"scopes": scopes, "tokenUrl": "token"}}});
        if let Some(description) = description {
            scheme["description"] = description.into();
        }
        assert_eq!(schemes, json!({"OAuth2": scheme}));
        assert_eq!(documented(server, prefix, "post", "/login").await.0, Value::Null);
    }
}

#[tokio::test]
async fn oauth2_with_other_flows() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let name = "OAuth2AuthorizationCodeBearer";
    for (suffix, description) in [("", None), ("_description", Some("OAuth2 Code Bearer"))] {
        let prefix = format!("security_oauth2_authorization_code_bearer{suffix}");
        let path = format!("/{prefix}/items/");
        not_authenticated(&server.get(&path).await, "Bearer");
        not_authenticated(&server.request("GET", &path, &["authorization: Non-existent testtoken"]).await, "Bearer");
        for header in ["authorization: Bearer testtoken", "authorization: Bearer  testtoken "] {
            is(&server.request("GET", &path, &[header]).await, 200, &json!({"token": "testtoken"}), None);
        }
        let (security, schemes) = documented(server, &prefix, "get", "/items/").await;
        let flow = json!({"scopes": {}, "authorizationUrl": "authorize", "tokenUrl": "token"});
        let mut scheme = json!({"type": "oauth2", "flows": {"authorizationCode": flow}});
        if let Some(description) = description {
            scheme["description"] = description.into();
        }
        assert_eq!((security, schemes), (json!([{name: []}]), json!({name: scheme})));
    }
    for (suffix, description) in [("", None), ("_description", Some("OAuth2PasswordBearer security scheme"))] {
        let prefix = format!("security_oauth2_password_bearer_optional{suffix}");
        let path = format!("/{prefix}/items/");
        is(&server.get(&path).await, 200, &create_an_account(), None);
        is(&server.get_as(&path, "testtoken").await, 200, &json!({"token": "testtoken"}), None);
        let other = server.request("GET", &path, &["authorization: Notexistent testtoken"]).await;
        is(&other, 200, &create_an_account(), None);
        let (security, schemes) = documented(server, &prefix, "get", "/items/").await;
        let mut scheme = json!({"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "/token"}}});
        if let Some(description) = description {
            scheme["description"] = description.into();
        }
        assert_eq!(security, json!([{}, {"OAuth2PasswordBearer": []}]));
        assert_eq!(schemes, json!({"OAuth2PasswordBearer": scheme}));
    }
}

#[tokio::test]
async fn scopes_that_are_declared_alone() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let name = "OAuth2AuthorizationCodeBearer";
    let prefix = "security_oauth2_authorization_code_bearer_scopes_openapi";
    let token = json!({"token": "testtoken"});
    let admin = json!({"message": "Admin Access"});
    for (method, path, body, scopes) in [
        ("GET", "/", json!({"message": "Hello World"}), json!([])),
        ("GET", "/with-oauth2-scheme", admin.clone(), json!(["read", "write"])),
        ("GET", "/with-get-token", admin.clone(), json!(["read", "write"])),
        ("GET", "/items/", token.clone(), json!(["read"])),
        ("POST", "/items/", token, json!(["read", "write"])),
    ] {
        let at = format!("/{prefix}{path}");
        not_authenticated(&server.request(method, &at, &[]).await, "Bearer");
        is(&server.request(method, &at, &["authorization: Bearer testtoken"]).await, 200, &body, None);
        let (security, _) = documented(server, prefix, &method.to_lowercase(), path).await;
        assert_eq!(security, json!([{name: scopes}]), "{method} {path}");
    }
    assert_eq!(server.get(&format!("/{prefix}")).await.status, 307);
    let scopes = json!({"read": "Read access", "write": "Write access"});
    let scheme = |authorization: &str, token: &str| {
        let flow = json!({"scopes": scopes, "authorizationUrl": authorization, "tokenUrl": token});
        json!({name: {"type": "oauth2", "flows": {"authorizationCode": flow}}})
    };
    assert_eq!(documented(server, prefix, "get", "/").await.1, scheme("authorize", "token"));

    let simple = format!("{prefix}_simple");
    not_authenticated(&server.get(&format!("/{simple}/admin")).await, "Bearer");
    is(&server.get_as(&format!("/{simple}/admin"), "faketoken").await, 200, &admin, None);
    let (security, schemes) = documented(server, &simple, "get", "/admin").await;
    assert_eq!(security, json!([{name: ["read", "write"]}]));
    assert_eq!(schemes, scheme("api/oauth/authorize", "/api/oauth/token"));
}

#[tokio::test]
async fn tutorials_with_basic() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let ask =
        async |chapter: &str, header: &str| server.request("GET", &format!("/{chapter}/users/me"), &[header]).await;
    not_authenticated(&server.get("/tutorial006/users/me").await, "Basic");
    let john = ask("tutorial006", "authorization: Basic am9objpzZWNyZXQ=").await;
    is(&john, 200, &json!({"username": "john", "password": "secret"}), None);
    not_authenticated(&ask("tutorial006", "authorization: Basic notabase64token").await, "Basic");

    not_authenticated(&server.get("/tutorial007/users/me").await, "Basic");
    let stanley = ask("tutorial007", "authorization: Basic c3RhbmxleWpvYnNvbjpzd29yZGZpc2g=").await;
    is(&stanley, 200, &json!({"username": "stanleyjobson"}), None);
    // A wrong name, a wrong password.
    for wrong in ["YWxpY2U6c3dvcmRmaXNo", "c3RhbmxleWpvYnNvbjp3cm9uZw=="] {
        let answer = ask("tutorial007", &format!("authorization: Basic {wrong}")).await;
        is(&answer, 401, &json!({"detail": "Incorrect username or password"}), Some("Basic"));
    }
    not_authenticated(&ask("tutorial007", "authorization: Basic notabase64token").await, "Basic");
    for chapter in ["tutorial006", "tutorial007"] {
        let (security, schemes) = documented(server, chapter, "get", "/users/me").await;
        assert_eq!(security, json!([{"HTTPBasic": []}]));
        assert_eq!(schemes, json!({"HTTPBasic": {"type": "http", "scheme": "basic"}}));
    }
}

/// What a WebSocket is sent, or how its handshake is refused.
async fn open(
    server: &TestServer,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Value, Box<tungstenite::http::Response<Option<Vec<u8>>>>> {
    let mut request = format!("ws://{}{path}", server.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let mut socket = match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => socket,
        Err(tungstenite::Error::Http(response)) => return Err(response),
        Err(error) => panic!("{path}: {error}"),
    };
    let message = socket.next().await.unwrap().unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    Ok(serde_json::from_str(message.to_text().unwrap()).unwrap())
}

#[tokio::test]
async fn websockets() {
    let example = Example::start(PROGRAM, &Scratch::new());
    let server = &example.server;
    let http = |scheme: &str| json!({"scheme": scheme, "credentials": "foobar"});
    let authorization = "authorization";
    for (scheme, header, query, sent, challenge) in [
        ("http-base", Some((authorization, "Other foobar")), "", http("Other"), "Other"),
        (
            "http-basic",
            Some((authorization, "Basic am9objpzZWNyZXQ=")),
            "",
            json!({"username": "john", "password": "secret"}),
            "Basic",
        ),
        ("http-bearer", Some((authorization, "Bearer foobar")), "", http("Bearer"), "Bearer"),
        ("http-digest", Some((authorization, "Digest foobar")), "", http("Digest"), "Digest"),
        ("api-key-query", None, "?key=secret", json!("secret"), "APIKey"),
        ("api-key-header", Some(("key", "secret")), "", json!("secret"), "APIKey"),
        ("api-key-cookie", Some(("cookie", "key=secret")), "", json!("secret"), "APIKey"),
        ("oauth2", Some((authorization, "Bearer foobar")), "", json!("Bearer foobar"), "Bearer"),
        ("openid-connect", Some((authorization, "Bearer foobar")), "", json!("Bearer foobar"), "Bearer"),
        ("oauth2-password-bearer", Some((authorization, "Bearer foobar")), "", json!("foobar"), "Bearer"),
        ("oauth2-authorization-code-bearer", Some((authorization, "Bearer foobar")), "", json!("foobar"), "Bearer"),
    ] {
        let headers: Vec<_> = header.into_iter().collect();
        for kind in ["required", "optional"] {
            let path = format!("/security_websockets/{kind}/{scheme}/");
            assert_eq!(open(server, &format!("{path}{query}"), &headers).await.unwrap(), sent, "{path}");
            match open(server, &path, &[]).await {
                Ok(nobody) => assert!(kind == "optional" && nobody.is_null(), "{path}: {nobody}"),
                Err(refused) => {
                    assert_eq!((kind, refused.status().as_u16()), ("required", 401), "{path}");
                    assert_eq!(refused.headers()["www-authenticate"], challenge, "{path}");
                    let body: Value = serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
                    assert_eq!(body, json!({"detail": "Not authenticated"}));
                }
            }
        }
        // OpenAPI has no words for them.
        let document = server.get(&format!("/security_websockets/required/{scheme}/openapi.json")).await.json();
        assert_eq!(document["paths"], json!({}));
    }
    let timeline = "/security_http_base_optional/users/timeline";
    assert_eq!(open(server, timeline, &[(authorization, "Other foobar")]).await.unwrap(), http("Other"));
    assert_eq!(open(server, timeline, &[]).await.unwrap(), create_an_account());
}
