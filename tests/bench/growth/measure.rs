//! Requests to a router in this process.

use std::{
    convert::Infallible,
    fs,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::Response,
};
use bench::{
    Error,
    measure::{machine::two_cores, results::Spread},
};
use nix::{
    sched::{CpuSet, sched_setaffinity},
    time::ClockId,
    unistd::Pid,
};
use tower_service::Service;

const ROUNDS: usize = 21;
/// How long one case is measured in a round.
const SLICE: Duration = Duration::from_millis(100);

/// A router, and what is asked of it.
pub(crate) struct Case {
    pub(crate) size: String,
    pub(crate) router: Router,
    pub(crate) path: String,
    /// Taken in turn.
    pub(crate) tokens: Vec<String>,
}

/// Microseconds for each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Of this process's processor time.
    pub(crate) used: f64,
    /// On the clock.
    pub(crate) elapsed: f64,
}

impl Case {
    /// Asks so often, one request after the other.
    async fn ask(&mut self, times: usize) -> Result<(), Error> {
        let mut headers = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            headers.push(HeaderValue::try_from(format!("Bearer {token}"))?);
        }
        for header in headers.iter().cycle().take(times) {
            let request = Request::get(&self.path).header(header::AUTHORIZATION, header).body(Body::empty())?;
            let answer: Result<Response, Infallible> = self.router.call(request).await;
            let status = answer?.status();
            if status != StatusCode::OK {
                return Err(format!("GET {} with {} is answered {status}", self.path, self.size).into());
            }
        }
        Ok(())
    }
}

/// The median cost of each, measured in turn.
pub(crate) async fn costs(cases: &mut [Case]) -> Result<Vec<Cost>, Error> {
    let mut times = Vec::new();
    for case in cases.iter_mut() {
        // As often as there are tokens, so that each round has the same mix.
        let turn = case.tokens.len().max(100);
        case.ask(turn).await?;
        let started = Instant::now();
        case.ask(turn).await?;
        let turns = SLICE.as_secs_f64() / started.elapsed().as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number of turns")]
        times.push(turn * (turns.ceil() as usize).max(1));
    }
    let mut samples = vec![Vec::new(); cases.len()];
    for round in 0..ROUNDS {
        for step in 0..cases.len() {
            let at = (step + round) % cases.len();
            let (Some(case), Some(times), Some(samples)) = (cases.get_mut(at), times.get(at), samples.get_mut(at))
            else {
                continue;
            };
            let (started, before) = (Instant::now(), used()?);
            case.ask(*times).await?;
            let (elapsed, used) = (started.elapsed(), used()?.saturating_sub(before));
            #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
            let each = |time: Duration| time.as_secs_f64() * 1e6 / *times as f64;
            samples.push(Cost { used: each(used), elapsed: each(elapsed) });
        }
    }
    samples
        .iter()
        .map(|samples| {
            let median = |figure: fn(&Cost) -> f64| Spread::of(samples.iter().map(figure)).map(|spread| spread.median);
            let cost = median(|cost| cost.used).zip(median(|cost| cost.elapsed));
            cost.map(|(used, elapsed)| Cost { used, elapsed }).ok_or_else(|| "nothing was measured".into())
        })
        .collect()
}

/// Keeps this thread, and those that it starts from now on, on one core: to wake a thread on another one takes longer than much
/// of what is measured, and whether it happens is the system's choice.
pub(crate) fn stay_on_one_core() -> Result<(), Error> {
    let (core, _) = two_cores()?;
    let mut one = CpuSet::new();
    one.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &one)?)
}

/// The processor time of this process, with all its threads.
fn used() -> Result<Duration, Error> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}

/// KiB of memory that this process has now.
pub(crate) fn memory() -> Result<u64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?.parse()?)
}

/// 1000000 as 1,000,000.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
