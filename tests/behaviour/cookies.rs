//! Sessions in a cookie, and requests that pages of other sites make with it.

use auth_runtime::{Auth, MemoryStore, Next, prelude::*};
use tests::{
    User,
    server::{Answer, TestServer},
};

use crate::support::{Hand, JOHN, key, users};

#[token_endpoint("/login")]
async fn log_in(user: User, next: Next, _form: PasswordRequestForm) -> Grant {
    Grant::to(user).in_cookie(next)
}

#[token_endpoint("/token")]
async fn token(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

#[get("/me")]
#[requires_active_user]
async fn me(user: User) -> String {
    user.username
}

#[post("/me")]
#[requires_active_user]
async fn change_me(user: User) -> String {
    user.username
}

#[get("/maybe")]
#[public]
async fn maybe(user: Option<User>) -> String {
    user.map_or_else(|| "nobody".to_owned(), |user| user.username)
}

#[websocket("/socket")]
#[requires_active_user]
async fn socket(upgrade: axum::extract::ws::WebSocketUpgrade) -> axum::response::Response {
    upgrade.on_upgrade(|_| async {})
}

#[derive(SecurityScheme, Clone)]
#[security(api_key(cookie = "key"), authenticate = find)]
struct Key(String);

async fn find(key: Secret) -> Option<String> {
    (key == Secret::new("s3cret")).then(|| "device".to_owned())
}

#[post("/device")]
#[requires(Key)]
async fn device(Key(name): Key) -> String {
    name
}

async fn serve(hand: &Hand) -> (TestServer, Auth<User>) {
    let auth = Auth::builder(users())
        .signing_key(key())
        .sessions(MemoryStore::new())
        .session_cookie()
        .login_page("/login")
        .trusted_origins(["https://admin.example"])
        .clock(hand.clock())
        .build()
        .unwrap();
    let app = SecureRouter::new()
        .mount(log_in)
        .mount(token)
        .mount(me)
        .mount(change_me)
        .mount(maybe)
        .mount(socket)
        .mount(device)
        .merge(auth_runtime::endpoints::sessions())
        .with_state(auth.clone());
    (TestServer::start(app).await, auth)
}

const HERE: &str = "sec-fetch-site: same-origin";
const ELSEWHERE: &str = "sec-fetch-site: cross-site";

async fn post(server: &TestServer, path: &str, headers: &[&str], form: &str) -> Answer {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        form.len()
    );
    for header in headers {
        request += &format!("{header}\r\n");
    }
    server.send(request + "\r\n" + form).await
}

/// The cookie of a login, as a browser sends it back.
async fn cookie(server: &TestServer) -> String {
    let answer = post(server, "/login", &[HERE], JOHN).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.body);
    let set = answer.header("set-cookie").unwrap();
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=1209600"] {
        assert!(set.split("; ").any(|one| one == attribute), "{set}");
    }
    assert!(!set.contains("Domain"), "a cookie of this prefix is its host's own: {set}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let value = set.split(';').next().unwrap();
    assert!(value.starts_with("__Host-session=") && value.len() > 50, "{value}");
    format!("cookie: theme=dark; {value}")
}

#[tokio::test]
async fn a_session_is_in_a_cookie() {
    let hand = Hand::new();
    let (server, auth) = serve(&hand).await;
    let cookie = cookie(&server).await;
    let get = async |path: &str, headers: &[&str]| server.request("GET", path, headers).await;
    assert_eq!(get("/me", &[&cookie]).await.body, "johndoe");
    assert_eq!(get("/maybe", &[&cookie]).await.body, "johndoe");
    assert_eq!(get("/maybe", &[]).await.body, "nobody");
    assert_eq!(get("/me", &[]).await.status, 401);
    assert_eq!(get("/me", &[&cookie, "authorization: Basic eDp5"]).await.status, 401, "one credential at a time");
    let twice = format!("{cookie}; __Host-session=other");
    assert_eq!(get("/me", &[&twice]).await.status, 401, "which one counts would be a guess");

    // What is for one purpose is for no other.
    let value = cookie.rsplit('=').next().unwrap();
    assert_eq!(server.get_as("/me", value).await.status, 401, "a cookie is no bearer token");
    let bearer = server.log_in("/token", JOHN).await;
    assert_eq!(get("/me", &[&format!("cookie: __Host-session={bearer}")]).await.status, 401);
    let refresh = server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={value}")).await;
    assert_eq!(refresh.status, 400);

    hand.forward(14 * 24 * 60 * 60);
    assert_eq!(get("/me", &[&cookie]).await.status, 401, "it lasts as long as it says");
    drop(auth);
}

#[tokio::test]
async fn logging_out_takes_the_cookie_away() {
    let (server, auth) = serve(&Hand::new()).await;
    let (first, second, third) = (cookie(&server).await, cookie(&server).await, cookie(&server).await);
    let answer = post(&server, "/logout", &[&first, HERE], "").await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-session=; Path=/; Max-Age=0;"));
    assert_eq!(server.request("GET", "/me", &[&first]).await.status, 401);
    assert_eq!(server.request("GET", "/me", &[&second]).await.status, 200);
    let browser = post(&server, "/logout", &[&second, HERE, "accept: text/html"], "").await;
    assert_eq!((browser.status, browser.header("location")), (303, Some("/login")));
    auth.end_sessions("johndoe").await.unwrap();
    let gone = server.request("GET", "/me", &[&third]).await;
    assert_eq!(gone.status, 401);
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"), "a cookie that is no good is taken away");
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let (server, _) = serve(&Hand::new()).await;
    for (headers, expected) in [
        (&[HERE][..], 200),
        (&["sec-fetch-site: none"], 200),
        (&[ELSEWHERE], 403),
        (&["sec-fetch-site: same-site"], 403),
        (&["origin: http://test"], 200),
        (&["origin: http://evil.example"], 403),
        (&["origin: null"], 403),
        (&["origin: https://admin.example", ELSEWHERE], 200),
        (&[], 200),
    ] {
        let cookie = cookie(&server).await;
        let with = |more: &[&'static str]| -> Vec<String> {
            headers.iter().chain(more).map(ToString::to_string).chain([cookie.clone()]).collect()
        };
        let send = async |path: &str, lines: Vec<String>| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            post(&server, path, &lines, "").await.status
        };
        assert_eq!(send("/me", with(&[])).await, expected, "{headers:?}");
        let key: Vec<String> =
            headers.iter().map(ToString::to_string).chain(["cookie: key=s3cret".to_owned()]).collect();
        assert_eq!(send("/device", key).await, expected, "an API key in a cookie, {headers:?}");
        let handshake = with(&[
            "upgrade: websocket",
            "connection: upgrade",
            "sec-websocket-version: 13",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ]);
        let handshake: Vec<&str> = handshake.iter().map(String::as_str).collect();
        let opened = open_socket(&server, &handshake).await;
        assert_eq!(opened, if expected == 200 { 101 } else { 403 }, "a WebSocket, {headers:?}");
        // Nor is anybody logged out by another site.
        assert_eq!(send("/logout", with(&[])).await, if expected == 200 { 204 } else { 403 }, "{headers:?}");
        let still = server.request("GET", "/me", &[&cookie]).await.status;
        assert_eq!(still, if expected == 200 { 401 } else { 200 }, "{headers:?}");
    }
    // With a token, which no page can send unasked, it does not matter where a request comes from.
    let bearer = server.log_in("/token", JOHN).await;
    let header = format!("authorization: Bearer {bearer}");
    assert_eq!(post(&server, "/me", &[&header, ELSEWHERE], "").await.status, 200);
    // Reading is not changing: SameSite and CORS keep the answer from other sites.
    let cookie = self::cookie(&server).await;
    assert_eq!(server.request("GET", "/me", &[&cookie, ELSEWHERE]).await.status, 200);
}

async fn open_socket(server: &TestServer, headers: &[&str]) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /socket HTTP/1.1\r\nhost: test\r\n{}\r\n\r\n", headers.join("\r\n"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    std::str::from_utf8(&start[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn nobody_is_logged_in_by_another_sites_form() {
    let (server, _) = serve(&Hand::new()).await;
    for headers in [&[ELSEWHERE][..], &["origin: http://evil.example"]] {
        let answer = post(&server, "/login", headers, JOHN).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{headers:?}");
    }
}

#[tokio::test]
async fn a_login_that_is_refused_goes_back_to_its_page() {
    let (server, _) = serve(&Hand::new()).await;
    let wrong = "username=johndoe&password=wrong";
    let answer = post(&server, "/login?next=/a%26b", &[HERE, "accept: text/html"], wrong).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login?error=bad_login&next=/a%26b")));
    let answer = post(&server, "/login?next=//evil.example", &[HERE, "accept: text/html"], wrong).await;
    assert_eq!(answer.header("location"), Some("/login?error=bad_login&next=/"));
    assert_eq!(post(&server, "/login", &[HERE], wrong).await.status, 400, "a program is told why");
    let answer = post(&server, "/login?next=/notes?page=2", &[HERE], JOHN).await;
    assert_eq!(answer.header("location"), Some("/notes?page=2"));
    let answer = post(&server, "/login?next=https://evil.example", &[HERE], JOHN).await;
    assert_eq!(answer.header("location"), Some("/"));
}

#[tokio::test]
async fn what_a_cookie_needs_is_said() {
    let error = Auth::builder(users()).signing_key(key()).session_cookie().build().unwrap_err().to_string();
    assert!(error.contains("add `.sessions(store)`"), "{error}");
    let error = Auth::builder(users()).signing_key(key()).trusted_origins(["admin.example/"]).build().unwrap_err();
    assert!(error.to_string().contains("\"admin.example/\" is no origin"), "{error}");
    let error = Auth::builder(users()).opaque_tokens().build().unwrap_err().to_string();
    assert!(error.contains("add `.sessions(store)`"), "{error}");
    let error = Auth::builder(users()).opaque_tokens().signing_key(key()).sessions(MemoryStore::new()).build();
    assert!(error.unwrap_err().to_string().contains("opaque tokens are not signed"));
}
