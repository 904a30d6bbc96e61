//! A server as a process on a core of its own, and what the system counts of it.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{time::ClockId, unistd::Pid};

use crate::Error;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It ends when this is dropped.
pub struct Process {
    child: Child,
    clock: ClockId,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts a program that listens at the `PORT` that it is given, on this core alone, or on all of them; what it says is
    /// kept in a file.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(
        program: &Path,
        arguments: &[&Path],
        environment: &[(&str, &Path)],
        core: Option<usize>,
        log: &Path,
    ) -> Result<Self, Error> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = match core {
            None => Command::new(program),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.arg("--cpu-list").arg(core.to_string()).arg(program);
                command
            }
        };
        let output = File::create(log)?;
        command.args(arguments).envs(environment.iter().copied()).env("PORT", address.port().to_string());
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(child.id())?))?;
        let mut process = Self { child, clock, address };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if process.child.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(format!("{} does not come up. It says:\n{said}", program.display()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }

    /// How much processor time it has had, with all its threads.
    ///
    /// # Errors
    /// If it has ended.
    pub fn processor_time(&self) -> Result<Duration, Error> {
        Ok(self.clock.now().map_err(|error| format!("a server has ended: {error}"))?.into())
    }

    /// Memory in KiB, as Linux counts it: `VmRSS` now, `VmHWM` at most.
    ///
    /// # Errors
    /// If it has ended.
    pub fn memory(&self, what: &str) -> Result<u64, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        Ok(line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
