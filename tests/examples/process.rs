//! An example program in a process of its own, with a directory of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use tests::server::TestServer;

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A directory that is gone when the test ends.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("auth-examples-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that nobody listens on, for a program that has to know its own URL before it starts.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running example; it is stopped when dropped.
pub(crate) struct Example {
    child: Child,
    pub(crate) server: TestServer,
}

impl Example {
    /// Starts the program in the directory, on a port of the system's choice.
    pub(crate) fn start(program: &str, scratch: &Scratch) -> Self {
        Self::start_with(program, &scratch.0, &[])
    }

    /// The same, with this environment, which may say the port.
    pub(crate) fn start_with(program: &str, directory: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = Command::new(program);
        command.current_dir(directory).env("PORT", "0").envs(environment.iter().map(|(name, value)| (name, value)));
        // Those of the tests are not the program's.
        for name in ["DATABASE_URL", "REDIS_URL"] {
            if !environment.iter().any(|(given, _)| *given == name) {
                command.env_remove(name);
            }
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let address: SocketAddr = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("{program} did not say where it listens: {line:?}"));
        std::thread::spawn(move || lines.lines().for_each(drop));
        Self { child, server: TestServer { address } }
    }

    /// Asks it to stop, as `kill` does, and waits until it has.
    pub(crate) fn stop(mut self) -> Option<i32> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
