//! One HTTP connection that stays open, for what is not measured, or measured one request at a time.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use crate::{Error, people::Person};

const PATIENCE: Duration = Duration::from_secs(120);

/// The connection.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, as they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header, by its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The credential in an answer to a login, as the header that carries it.
    #[must_use]
    pub fn credential(&self) -> Option<String> {
        if self.status != 200 {
            return None;
        }
        if let Some(cookie) = self.header("set-cookie") {
            return Some(format!("Cookie: {}", cookie.split(';').next()?));
        }
        let body: Value = serde_json::from_str(&self.body).ok()?;
        Some(format!("Authorization: Bearer {}", body.get("access_token")?.as_str()?))
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// A GET, with this header.
    ///
    /// # Errors
    /// What the system says, or an answer that is none.
    pub fn get(&mut self, path: &str, header: Option<&str>) -> Result<Answer, Error> {
        let header = header.map(|header| format!("{header}\r\n")).unwrap_or_default();
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n"))
    }

    /// A login, which asks for this scope.
    ///
    /// # Errors
    /// What the system says, or an answer that is none.
    pub fn log_in(&mut self, person: &Person, scope: &str) -> Result<Answer, Error> {
        let Person { username, password, .. } = person;
        let password = password.replace(' ', "+");
        let body = format!("grant_type=password&username={username}&password={password}&scope={scope}");
        let length = body.len();
        self.send(&format!(
            "POST /token HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    fn send(&mut self, request: &str) -> Result<Answer, Error> {
        self.stream.write_all(request.as_bytes())?;
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill()?;
        };
        let head = String::from_utf8(self.read.drain(..end).collect())?;
        let (status_line, headers) = head.split_once("\r\n").ok_or("an answer without headers")?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let headers = headers.lines().filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let mut answer = Answer { status: status.ok_or("an answer without a status")?, headers, body: String::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let length: usize = length.ok_or_else(|| format!("an answer without a length: {answer:?}"))?;
        while self.read.len() < length {
            self.fill()?;
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect())?;
        Ok(answer)
    }

    fn fill(&mut self) -> Result<(), Error> {
        let mut chunk = [0; 4096];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        self.read.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(())
    }
}
