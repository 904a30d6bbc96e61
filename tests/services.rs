//! Database servers: those that `tests/run` starts for all tests, and a test's own, which it stops and starts again.

use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The address of the PostgreSQL that all tests share.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn postgres_url() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL server: use tests/run")
}

/// The address of the Redis that all tests share.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL names a Redis server: use tests/run")
}

/// A server of a test's own. It ends with the test.
pub struct Service {
    kind: &'static str,
    directory: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Service {
    /// Starts a PostgreSQL.
    #[must_use]
    pub fn postgres() -> Self {
        Self::new("postgres")
    }

    /// Starts a Redis.
    #[must_use]
    pub fn redis() -> Self {
        Self::new("redis")
    }

    fn new(kind: &'static str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = std::env::temp_dir().join(format!("auth-tests-{kind}-{}-{port}", std::process::id()));
        let mut service = Self { kind, directory, port, child: None };
        service.start();
        service
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        match self.kind {
            "postgres" => format!("postgres://tests@127.0.0.1:{}/postgres", self.port),
            kind => format!("{kind}://127.0.0.1:{}", self.port),
        }
    }

    /// Starts it, with the data that it had.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/services");
        let mut command = Command::new(script);
        command.arg(self.kind).arg(&self.directory).arg(self.port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.child = Some(child);
        let patience = Instant::now() + Duration::from_secs(120);
        while !self.is_up() {
            assert!(Instant::now() < patience, "{} does not come up", self.kind);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_up(&self) -> bool {
        if TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            return false;
        }
        // A PostgreSQL that listens may still be starting up.
        self.kind != "postgres" || self.directory.join("postmaster.pid").exists()
    }

    /// Stops it at once, as a power failure would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // The children of a PostgreSQL that was killed go by themselves, when they notice.
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
