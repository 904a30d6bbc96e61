//! A router behind a real socket, and requests that no client library would send.

use std::{net::SocketAddr, time::Duration};

use auth_runtime::SecureRouter;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A router, served until the test ends.
pub struct TestServer {
    /// Where it listens.
    pub address: SocketAddr,
}

/// A response as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl TestServer {
    /// Serves the router.
    pub async fn start(router: SecureRouter) -> Self {
        Self::start_plain(router.into_router().unwrap()).await
    }

    /// Serves a router of plain axum.
    pub async fn start_plain(router: axum::Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends the bytes, and reads the answer until the server closes.
    pub async fn send(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_ref()).await.unwrap();
        read(&mut stream).await
    }

    /// A request without a body; `headers` are lines. A GET with a bearer token is asked twice, and has to be answered
    /// alike: a token that is good is verified at the first, and known at the second. Where requests are counted, or may be
    /// answered otherwise the next time, there is [`get_once_as`](Self::get_once_as).
    pub async fn request(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let answer = self.request_once(method, path, headers).await;
        if method == "GET" && headers.iter().any(|header| header.starts_with("authorization: Bearer ")) {
            let again = self.request_once(method, path, headers).await;
            assert_eq!(again.told(), answer.told(), "{path}, asked again");
        }
        answer
    }

    async fn request_once(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for header in headers {
            request += &format!("{header}\r\n");
        }
        self.send(request + "\r\n").await
    }

    /// GET without a credential.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    /// GET with a bearer token, asked twice.
    pub async fn get_as(&self, path: &str, token: &str) -> Answer {
        self.request("GET", path, &[&bearer(token)]).await
    }

    /// GET with a bearer token, asked once: where the answer is another as soon as something has happened.
    pub async fn get_once_as(&self, path: &str, token: &str) -> Answer {
        self.request_once("GET", path, &[&bearer(token)]).await
    }

    /// POST of a form.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        self.post(path, "application/x-www-form-urlencoded", form.as_bytes()).await
    }

    /// POST of a body.
    pub async fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(request).await
    }

    /// The token of a login that must succeed.
    pub async fn log_in(&self, path: &str, form: &str) -> String {
        let answer = self.post_form(path, form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A guarded POST whose body never ends: the answer comes while it is still being sent.
    pub async fn post_endless(&self, path: &str, headers: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n");
        for header in headers {
            head += &format!("{header}\r\n");
        }
        stream.write_all((head + "\r\n5\r\nhello\r\n").as_bytes()).await.unwrap();
        read(&mut stream).await
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(answer) = parse(&bytes, false) {
            return answer;
        }
        // Long enough for any machine, and short of a hang.
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read(&mut chunk)).await.expect("no answer");
        match read {
            Ok(0) | Err(_) => return parse(&bytes, true).expect("the connection broke before an answer"),
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

fn parse(bytes: &[u8], ended: bool) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let complete = length.is_some_and(|length: usize| body.len() >= length);
    (ended || complete).then(|| Answer { status, headers, body: body.to_owned() })
}

impl Answer {
    /// A header, which must not come twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(present, _)| present == name);
        let value = values.next();
        assert!(values.next().is_none(), "{name} comes twice: {:?}", self.headers);
        value.map(|(_, value)| value.as_str())
    }

    /// What it tells a client, but for its date.
    fn told(&self) -> (u16, Vec<(&str, &str)>, &str) {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        (self.status, headers.filter(|(name, _)| *name != "date").collect(), &self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
