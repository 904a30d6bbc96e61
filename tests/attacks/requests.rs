//! Requests that are too large, too slow, ambiguous or misspelt.

use std::{sync::Arc, time::Duration};

use auth_runtime::{Auth, Client, ClientStore, MemoryStore, PasswordHash, PasswordHasher, Randomness, prelude::*};
use axum::extract::Path;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tests::{
    User,
    server::{Answer, TestServer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Fast, users};

const JOHN: &str = "username=johndoe&password=secret";
const CLIENT_SECRET: &str = "0123456789abcdef0123456789abcdef";

#[get("/secret")]
#[requires_active_user]
async fn secret() -> &'static str {
    "the secret"
}

#[get("/files/{name}")]
#[requires_active_user]
#[accept(unchecked_parameter)]
async fn file(Path(name): Path<String>) -> String {
    format!("the secret {name}")
}

#[post("/secret")]
#[requires_active_user]
async fn write(body: String) -> String {
    format!("the secret {body}")
}

#[token_endpoint("/token")]
async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

async fn auth() -> Auth<User> {
    let store = MemoryStore::new();
    let client = Client::with_secret("billing", &CLIENT_SECRET.into()).unwrap();
    store.register(&client.client_credentials()).await.unwrap();
    Auth::builder(users())
        .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
        .sessions(store.clone())
        .clients(store)
        .session_cookie()
        .password_hasher(Fast)
        .build()
        .unwrap()
}

fn routes() -> SecureRouter<Auth<User>> {
    SecureRouter::new().mount(secret).mount(file).mount(write)
}

/// Served as an application is.
async fn serve(router: SecureRouter) -> TestServer {
    let server = Server::bind("127.0.0.1:0", router).await.unwrap().header_timeout(Duration::from_millis(300));
    let address = server.address();
    tokio::spawn(server.run());
    TestServer { address }
}

async fn house() -> (TestServer, Auth<User>) {
    let auth = auth().await;
    let server = serve(routes().mount(login).nest("/inner", routes()).docs("/docs").with_state(auth.clone())).await;
    (server, auth)
}

/// Refused, one way or another, before the handler: nothing of it shows.
fn kept_out(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
    assert!(!answer.body.contains("the secret"), "{what}");
}

#[tokio::test]
async fn a_megabyte_of_header() {
    let (server, _) = house().await;
    for name in ["authorization: Bearer ", "cookie: __Host-session=", "x-api-key: ", "x-forwarded-for: "] {
        let answer = server.request("GET", "/secret", &[&format!("{name}{}", "a".repeat(1 << 20))]).await;
        assert_eq!(answer.status, 431, "{name}");
    }
    let many: Vec<String> = (0..10_000).map(|number| format!("x-{number}: 1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(server.request("GET", "/secret", &many).await.status, 431);
    // As much as fits is looked at, and is no token.
    let answer = server.request("GET", "/secret", &[&format!("authorization: Bearer {}", "a".repeat(60_000))]).await;
    assert_eq!(answer.status, 401);
    let path = format!("/secret?{}", "a".repeat(1 << 20));
    assert!(matches!(server.get(&path).await.status, 414 | 431));
}

#[tokio::test]
async fn a_million_dots() {
    let (server, auth) = house().await;
    let dots = ".".repeat(1_000_000);
    assert_eq!(server.get_as("/secret", &dots).await.status, 431);
    assert_eq!(server.get_as("/secret", &dots[..60_000]).await.status, 401);
    // Where there is no limit on headers in front of it, too.
    assert!(auth.introspect(&Secret::new(dots)).await.is_ok_and(|answer| !answer.active));
}

#[tokio::test]
async fn two_credentials_at_once() {
    let (server, auth) = house().await;
    let token = server.log_in("/token", JOHN).await;
    let bearer = format!("authorization: Bearer {token}");
    assert_eq!(server.request("GET", "/secret", &[&bearer]).await.status, 200);
    for headers in [
        [&bearer[..], &bearer],
        [&bearer, "authorization: Bearer forged"],
        ["authorization: Bearer forged", &bearer],
        [&bearer, "authorization: Basic am9objpz"],
        [&bearer, "authorization:"],
    ] {
        kept_out(&server.request("GET", "/secret", &headers).await, headers[1]);
    }
    // Two headers in one.
    kept_out(&server.request("GET", "/secret", &[&format!("{bearer}, Bearer {token}")]).await, "a list");
    // A cookie never speaks where there is a header, good or bad.
    let (cookie, _) = auth.start_cookie_session("johndoe", &[]).await.unwrap();
    let cookie = format!("cookie: __Host-session={}", cookie.expose());
    assert_eq!(server.request("GET", "/secret", &[&cookie]).await.status, 200);
    kept_out(&server.request("GET", "/secret", &["authorization: Bearer forged", &cookie]).await, "header and cookie");
    let twice = format!("{cookie}; __Host-session=forged");
    kept_out(&server.request("GET", "/secret", &[&twice]).await, "two cookies");
    kept_out(
        &server.request("GET", "/secret", &[&cookie, "cookie: __Host-session=forged"]).await,
        "two cookie headers",
    );
    // A client shows itself in one way (RFC 6749 section 2.3).
    let basic = format!("authorization: Basic {}", BASE64.encode(format!("billing:{CLIENT_SECRET}")));
    let ask = async |form: &str, headers: &[&str]| {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        server
            .send(format!(
                "POST /token HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
                form.len()
            ))
            .await
    };
    assert_eq!(ask("grant_type=client_credentials", &[&basic]).await.status, 200);
    let both = format!("grant_type=client_credentials&client_id=billing&client_secret={CLIENT_SECRET}");
    assert_eq!(ask(&both, &[&basic]).await.status, 400);
    assert_eq!(ask("grant_type=client_credentials&client_id=other", &[&basic]).await.status, 400);
}

#[tokio::test]
async fn tokens_in_the_query_or_the_form() {
    let (server, _) = house().await;
    let token = server.log_in("/token", JOHN).await;
    for name in ["access_token", "token", "bearer", "authorization", "auth", "api_key", "jwt"] {
        kept_out(&server.get(&format!("/secret?{name}={token}")).await, name);
        kept_out(&server.post_form("/secret", &format!("{name}={token}")).await, name);
        kept_out(&server.request("GET", "/secret", &[&format!("cookie: {name}={token}")]).await, name);
        kept_out(&server.request("GET", "/secret", &[&format!("x-{name}: {token}")]).await, name);
    }
}

#[tokio::test]
async fn another_method_or_one_in_a_header() {
    let (server, _) = house().await;
    for method in ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "get", "Get", "GETS", "PROPFIND", "QUERY"] {
        kept_out(&server.request(method, "/secret", &[]).await, method);
    }
    kept_out(&server.request("CONNECT", "/secret", &[]).await, "CONNECT");
    for header in ["x-http-method-override: GET", "x-method-override: HEAD", "x-http-method: OPTIONS"] {
        kept_out(&server.request("POST", "/secret", &[header]).await, header);
    }
    kept_out(&server.post_form("/secret", "_method=GET").await, "_method");
    let token = server.log_in("/token", JOHN).await;
    let bearer = format!("authorization: Bearer {token}");
    let head = server.request("HEAD", "/secret", &[&bearer]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn another_spelling_of_the_path() {
    let (server, _) = house().await;
    for path in [
        "/secret/",
        "//secret",
        "/secret//",
        "/./secret",
        "/docs/../secret",
        "/docs/..%2fsecret",
        "/docs/%2e%2e/secret",
        "/%73ecret",
        "/secret%2f",
        "%2fsecret",
        "/secret%00",
        "/secret%0a",
        "/secret;x=y",
        "/secret.json",
        "/secret%20",
        "/SECRET",
        "/secret?",
        "/secret#x",
        "/secret%3f",
        "/\\secret",
        "/secret\\",
        "http://test/secret",
        "http://other/secret",
        "/inner/secret",
        "/inner//secret",
        "/inner/../secret",
        "/inner%2fsecret",
        "/files/a",
        "/files/a%2fb",
        "/files/..%2fsecret",
        "/files/%2e%2e",
        "/inner/files/x",
    ] {
        kept_out(&server.get(path).await, path);
        for header in ["x-original-url: /docs", "x-rewrite-url: /docs", "x-forwarded-prefix: /docs"] {
            kept_out(&server.request("GET", path, &[header]).await, path);
        }
    }
    for header in ["x-original-url: /secret", "x-rewrite-url: /secret"] {
        assert!(!server.request("GET", "/docs", &[header]).await.body.contains("the secret"));
    }
}

#[tokio::test]
async fn two_lengths_in_one_request() {
    let (server, _) = house().await;
    for headers in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: -1\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding : chunked\r\n",
    ] {
        // What is smuggled asks for the secret: there must be no second answer that has it.
        let smuggled = "0\r\n\r\nGET /docs HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream
            .write_all(format!("POST /secret HTTP/1.1\r\nhost: test\r\n{headers}\r\n{smuggled}").as_bytes())
            .await
            .unwrap();
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("HTTP/1.1 4") || text.is_empty(), "{headers}: {text}");
        assert!(!text.contains("200 OK") || !headers.contains("content-length: 5\r\nt"), "{headers}: {text}");
    }
}

#[tokio::test]
async fn slow_headers() {
    let (server, _) = house().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /secret HTTP/1.1\r\nhost: test\r\n").await.unwrap();
    let mut bytes = Vec::new();
    // The server gives up, however long this waits.
    let closed = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await;
    assert!(closed.is_ok(), "the connection is still open");
    assert!(!String::from_utf8_lossy(&bytes).contains("200 OK"));
}

#[tokio::test]
async fn slow_bodies() {
    // Whoever is refused is so before the body, however slow it is.
    let (server, _) = house().await;
    kept_out(&server.post_endless("/secret", &[]).await, "a guarded route");
    let answer = server.post_endless("/token", &["content-type: text/plain"]).await;
    assert_eq!(answer.status, 400, "what is no form is not waited for");
}

#[tokio::test]
async fn one_hundred_thousand_form_fields() {
    let (server, _) = house().await;
    let fields = "&".repeat(60_000);
    assert_eq!(server.post_form("/token", &format!("{JOHN}{fields}")).await.status, 200, "empty ones are none");
    let fields: String = (0..100_000).map(|number| format!("&f{number}=1")).collect();
    assert_eq!(server.post_form("/token", &format!("{JOHN}{fields}")).await.status, 413);
    let fields: String = (0..10_000).map(|number| format!("&{number}=")).collect();
    assert_eq!(server.post_form("/token", &format!("{JOHN}{fields}")).await.status, 200, "unknown ones are ignored");
    let twice = format!("{JOHN}&{}", "password=x&".repeat(5_000));
    let answer = server.post_form("/token", &twice).await;
    assert!(answer.status == 400 && answer.body.len() < 400, "each fault is named once: {}", answer.body.len());
    let parts: String = (0..2_000)
        .map(|number| format!("--X\r\ncontent-disposition: form-data; name=\"{number}\"\r\n\r\n\r\n"))
        .collect();
    let answer = server.post("/token", "multipart/form-data; boundary=X", format!("{parts}--X--\r\n").as_bytes()).await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    let percent = format!("{JOHN}&x={}", "%25".repeat(15_000));
    assert_eq!(server.post_form("/token", &percent).await.status, 200, "decoded once");
}

#[tokio::test]
async fn a_form_of_many_megabytes() {
    let (server, _) = house().await;
    let form = format!("{JOHN}&x={}", "x".repeat(8 << 20));
    let head = format!(
        "POST /token HTTP/1.1\r\nhost: test\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        form.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The answer comes before the end of it, and the connection is closed.
    let written = stream.write_all(form.as_bytes()).await;
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("HTTP/1.1 413") || written.is_err(), "{text}");
    assert!(!text.contains("access_token"));
    // A length that promises more is refused or waited for, and never trusted.
    let lie = format!(
        "POST /token HTTP/1.1\r\nhost: test\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{JOHN}",
        u64::MAX / 4
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(lie.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await.unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("access_token"));
    let compressed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    let answer =
        server.post("/token", "application/x-www-form-urlencoded\r\ncontent-encoding: gzip", &compressed).await;
    assert_eq!(answer.status, 400, "nothing is inflated");
}

#[tokio::test]
async fn hostile_usernames_in_error_texts() {
    let (server, auth) = house().await;
    for name in [
        "<script>alert(1)</script>",
        "a\r\nset-cookie: x=y",
        "\u{1b}[31mred",
        "\u{202e}txt.exe",
        "%00%0a%0d",
        "\"},\"access_token\":\"x",
        "${jndi:ldap://x}",
        "' OR 1=1 --",
        "{{7*7}}",
        "../../etc/passwd",
        &"a".repeat(10_000),
    ] {
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = server.post_form("/token", &format!("username={escaped}&password=x")).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.json()["error"] == "invalid_grant", "{name}");
        assert_eq!(answer.json().as_object().unwrap().len(), 2);
        let text = format!("{answer:?}");
        assert!(!text.contains(name) && !text.contains("<script") && !text.contains("set-cookie"), "{text}");
        let refused = auth.verify_login(name, &"x".into(), auth_runtime::ClientAddress::UNKNOWN).await.err().unwrap();
        assert!(!refused.to_string().contains(name));
    }
    for scope in ["<script>", "a\"b", "a\\b", "\u{7f}"] {
        let escaped: String = scope.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = server.post_form("/token", &format!("grant_type={escaped}&username=a&password=b")).await;
        assert!(answer.status == 400 && !answer.body.contains(scope), "{}", answer.body);
    }
}

#[tokio::test]
async fn corrupt_stored_hashes() {
    let real = auth_runtime::Argon2id::default();
    let good = real.hash("secret").unwrap();
    let whole = good.expose().to_owned();
    for (what, stored) in [
        ("empty", String::new()),
        ("cut short", whole[..whole.len() - 1].to_owned()),
        ("half", whole[..whole.len() / 2].to_owned()),
        ("the password itself", "secret".to_owned()),
        ("no hash", whole.rsplit_once('$').unwrap().0.to_owned()),
        ("an empty hash", format!("{}$", whole.rsplit_once('$').unwrap().0)),
        ("another algorithm", whole.replace("argon2id", "argon2x")),
        ("another version", whole.replace("v=19", "v=1")),
        ("memory without end", whole.replace("m=19456", "m=4294967295")),
        ("passes without end", whole.replace("t=2", "t=4294967295")),
        ("lanes without end", whole.replace("p=1", "p=4294967295")),
        ("bcrypt without end", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW".to_owned()),
        ("no text", "\u{0}\u{ffff}".to_owned()),
        ("a wildcard", "*".to_owned()),
        ("nothing known", "!".to_owned()),
    ] {
        let user = User {
            username: "johndoe".to_owned(),
            disabled: false,
            hashed_password: PasswordHash::from_stored(stored.clone()),
        };
        let auth = Auth::builder(MemoryUsers::from_iter([user]))
            .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
            .build()
            .unwrap();
        let server = serve(SecureRouter::new().mount(login).with_state(auth)).await;
        for password in ["secret", "", &stored] {
            let escaped: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let answer = server.post_form("/token", &format!("username=johndoe&password={escaped}")).await;
            assert_eq!(answer.status, 400, "{what}: {}", answer.body);
            assert!(!answer.body.contains("argon2") && !answer.body.contains("hash"), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_redemptions() {
    let auth = Arc::new(auth().await);
    for _ in 0..5 {
        let reset = auth.password_reset_token("johndoe").await.unwrap().unwrap();
        let tries: Vec<_> = (0..32)
            .map(|number| {
                let (auth, reset) = (Arc::clone(&auth), reset.clone());
                let new = format!("a new password {number}").into();
                tokio::spawn(
                    async move { auth.reset_password(&reset, new, auth_runtime::ClientAddress::UNKNOWN).await },
                )
            })
            .collect();
        let mut won = 0;
        for attempt in tries {
            won += usize::from(attempt.await.unwrap().is_ok());
        }
        assert_eq!(won, 1);
    }
    let issued = auth.start_session("johndoe", &[], None).await.unwrap();
    let refresh = issued.refresh.unwrap();
    let tries: Vec<_> = (0..32)
        .map(|_| {
            let (auth, refresh) = (Arc::clone(&auth), refresh.clone());
            tokio::spawn(async move { auth.refresh(&refresh, None, None).await })
        })
        .collect();
    let mut won = 0;
    for attempt in tries {
        won += usize::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
}
