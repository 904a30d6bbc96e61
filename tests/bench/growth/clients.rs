//! Clients that ask at the same time, over sockets.

use std::path::Path;

use bench::{
    Error,
    measure::{
        checks,
        machine::two_cores,
        process::Process,
        results::Spread,
        wrk::{self, Question, as_float},
    },
};

use crate::{Growth, Line, Place, measure::thousands};

const CLIENTS: [usize; 4] = [1, 10, 100, 900];
const ROUNDS: usize = 5;
const SECONDS: u64 = 2;

pub(crate) fn measure(place: &Place) -> Result<Growth, Error> {
    let program = std::env::current_exe()?.with_file_name("annotated");
    let (server_core, generator_core) = two_cores()?;
    let key = place.directory.join("keys/HS256");
    let log = place.directory.join("log/growth.log");
    let environment: [(&str, &Path); 1] = [("KEY_FILE", &key)];
    let mut samples = vec![Vec::new(); CLIENTS.len()];
    for _ in 0..ROUNDS {
        // A new one each time, so that the memory is that of so many clients.
        for (connections, samples) in CLIENTS.into_iter().zip(&mut samples) {
            let process = Process::start(&program, &[], &environment, Some(server_core), &log)?;
            let credential = checks::check("ours", process.address, Some(&place.tokens))?;
            let idle = process.memory("VmRSS")?;
            let question = Question {
                address: process.address,
                path: "/me",
                credential: Some(&credential),
                refused: false,
                connections,
                seconds: SECONDS,
            };
            let before = process.processor_time()?;
            let outcome = wrk::ask(&question, generator_core)?;
            let used = process.processor_time()?.saturating_sub(before).as_secs_f64();
            let grown = process.memory("VmHWM")?.saturating_sub(idle);
            samples.push((outcome.per_second, used * 1e6 / as_float(outcome.answers), as_float(grown)));
        }
    }
    let lines = CLIENTS.iter().zip(&samples).map(|(clients, samples)| {
        let median = |figure: fn(&(f64, f64, f64)) -> f64| {
            Spread::of(samples.iter().map(figure)).map_or(f64::NAN, |spread| spread.median)
        };
        Line {
            size: clients.to_string(),
            figures: vec![
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
                thousands(median(|sample| sample.0).round() as u64),
                format!("{:.2}", median(|sample| sample.1)),
                format!("{:.1}", median(|sample| sample.2) / 1_024.0),
            ],
        }
    });
    Ok(Growth {
        with: "clients at the same time",
        columns: &["requests/s, guarded", "µs of processor time", "MiB more than idle, at most"],
        lines: lines.collect(),
        why: "With one client the server goes to sleep and is woken for each request, which is most of its processor time; with \
              ten, one turn of the runtime serves several. Beyond that a request costs more again, for which nobody has looked \
              into the reason, and each open connection has its buffers and its task.",
    })
}
