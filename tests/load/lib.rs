//! What the measuring programs share: a connection that is kept open, and figures.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One HTTP connection, which stays open.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// A text member of a flat JSON object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&str> {
        self.body.split_once(&format!("\"{name}\":\""))?.1.split('"').next()
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// What the system says.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// A GET with an access token.
    ///
    /// # Errors
    /// What the system says, or an answer that is none.
    pub async fn get(&mut self, path: &str, token: &str) -> io::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: load\r\nauthorization: Bearer {token}\r\n\r\n");
        self.send(&request).await
    }

    /// A login.
    ///
    /// # Errors
    /// What the system says, or an answer that is none.
    pub async fn log_in(&mut self, username: &str, password: &str) -> io::Result<Answer> {
        let body = format!("username={username}&password={password}");
        let length = body.len();
        self.send(&format!(
            "POST /token HTTP/1.1\r\nhost: load\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    async fn send(&mut self, request: &str) -> io::Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        let broken = || io::Error::other("this is no HTTP answer");
        let head_end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill().await?;
        };
        let head = String::from_utf8(self.read.drain(..head_end).collect()).map_err(|_| broken())?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
        let mut answer = Answer { status, head, body: String::new() };
        let length: usize =
            answer.header("content-length").and_then(|length| length.parse().ok()).ok_or_else(broken)?;
        while self.read.len() < length {
            self.fill().await?;
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect()).map_err(|_| broken())?;
        Ok(answer)
    }

    async fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 4096];
        let read = self.stream.read(&mut chunk).await?;
        if read == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        self.read.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(())
    }
}

/// The value below which this share of the times lies.
#[must_use]
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let place = (last as f64 * share).round() as usize;
    times.get(place.min(last)).copied().unwrap_or_default()
}

/// How well one time tells two cases apart: 0.5 is a coin, 1 or 0 is certainty (the area under the ROC curve).
#[must_use]
pub fn auc(one: &[Duration], other: &[Duration]) -> f64 {
    let mut sorted = one.to_vec();
    sorted.sort_unstable();
    let mut wins = 0.0;
    for time in other {
        let below = sorted.partition_point(|earlier| earlier < time);
        let equal = sorted.partition_point(|earlier| earlier <= time) - below;
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let won = below as f64 + equal as f64 / 2.0;
        wins += won;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let all = (one.len() * other.len()) as f64;
    wins / all
}

/// Milliseconds, for a table.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
