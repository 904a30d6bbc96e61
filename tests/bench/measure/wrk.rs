//! The load generator: wrk, with one thread on a core of its own.

use std::{net::SocketAddr, process::Command, time::Duration};

use nix::sys::resource::{UsageWho, getrusage};

use crate::Error;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Where.
    pub address: SocketAddr,
    /// The path.
    pub path: &'a str,
    /// The header with the credential.
    pub credential: Option<&'a str>,
    /// Whether it is refused.
    pub refused: bool,
    /// How many connections ask at the same time.
    pub connections: usize,
    /// For how long.
    pub seconds: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Answers.
    pub answers: u64,
    /// Answers in a second.
    pub per_second: f64,
    /// How much processor time wrk had.
    pub used: Duration,
}

impl Outcome {
    /// How long it took.
    #[must_use]
    pub fn elapsed(&self) -> f64 {
        as_float(self.answers) / self.per_second
    }

    /// How much of its core wrk had: near 1, it is the bottleneck.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.used.as_secs_f64() / self.elapsed()
    }
}

/// Asks again and again.
///
/// # Errors
/// If an answer is not as expected: what is refused where it should be answered, or the other way round, is not measured.
pub fn ask(question: &Question<'_>, core: usize) -> Result<Outcome, Error> {
    let Question { address, path, connections, seconds, .. } = question;
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string(), "wrk", "--threads", "1", "--timeout", "10s"]);
    command.args(["--connections", &connections.to_string(), "--duration", &format!("{seconds}s")]);
    if let Some(credential) = question.credential {
        command.args(["--header", credential]);
    }
    command.arg(format!("http://{address}{path}"));
    let used = used_by_children()?;
    let output = command.output().map_err(|error| format!("taskset and wrk cannot be started: {error}"))?;
    let used = used_by_children()?.saturating_sub(used);
    let text = String::from_utf8_lossy(&output.stdout);
    let unexpected = |what: &str| format!("GET {path} of {address}: {what}. wrk says:\n{text}");
    if !output.status.success() {
        return Err(unexpected("wrk failed").into());
    }
    let number = |line: Option<&str>| line.and_then(|line| line.trim().parse::<u64>().ok());
    let answers = text.lines().find_map(|line| line.trim().split_once(" requests in ")).map(|(number, _)| number);
    let answers = number(answers).ok_or_else(|| unexpected("no number of requests"))?;
    let refused = text.lines().find_map(|line| line.trim().strip_prefix("Non-2xx or 3xx responses:"));
    let refused = number(refused).unwrap_or_default();
    if refused != if question.refused { answers } else { 0 } || answers == 0 {
        return Err(unexpected("other answers than expected").into());
    }
    if text.contains("Socket errors") {
        return Err(unexpected("broken connections").into());
    }
    let per_second = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    let per_second = per_second.and_then(|rate| rate.trim().parse().ok()).ok_or_else(|| unexpected("no rate"))?;
    Ok(Outcome { answers, per_second, used })
}

fn used_by_children() -> Result<Duration, Error> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = |time: nix::sys::time::TimeVal| -> Result<Duration, Error> {
        Ok(Duration::new(u64::try_from(time.tv_sec())?, u32::try_from(time.tv_usec())? * 1_000))
    };
    Ok(time(usage.user_time())? + time(usage.system_time())?)
}

/// A count, to be divided.
#[must_use]
pub fn as_float(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
    let float = count as f64;
    float
}
