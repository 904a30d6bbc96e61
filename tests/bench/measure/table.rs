//! The results as Markdown, and their place in the documentation.

use std::{fmt::Write, fs, path::Path};

use super::results::{Memory, Results, Row};
use crate::Error;

/// How much of its core a server has to have had for its answers in a second to be its own.
const SATURATED: f64 = 0.9;

/// Both tables, with all that one has to know of them.
///
/// # Errors
/// If something is missing in the results.
pub fn markdown(results: &Results) -> Result<String, Error> {
    let Results { rounds, turns, seconds, connections, .. } = results;
    let mut text = results.machine.markdown();
    writeln!(
        text,
        "{rounds} rounds of {turns} turns; in each turn {seconds} s for each figure, {connections} connections, one core for the server.\n"
    )?;
    text.push_str(
        "| what is compared | µs | to µs | ratio | lowest, highest | by requests/s | at most |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in &results.rows {
        let (of, to) = results.pair(row)?;
        let (ratio, by_rate) = (results.ratio(row)?, results.ratio_by_rate(row)?);
        let at_most = row.at_most.map(|limit| format!("{limit:.2}")).unwrap_or_default();
        writeln!(
            text,
            "| {} | {:.2} | {:.2} | **{:.3}** | {:.3}, {:.3} | {:.3} | {at_most} |",
            row.what,
            of.microseconds(),
            to.microseconds(),
            ratio.median,
            ratio.least,
            ratio.most,
            by_rate.median
        )?;
    }
    text.push_str(&memory(&results.memory)?);
    text.push_str(&peers(results)?);
    text.push_str(&doubts(results));
    Ok(text)
}

fn memory(memory: &Memory) -> Result<String, Error> {
    let mut text = String::new();
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let mib = |kib: u64| kib as f64 / 1_024.0;
    let Memory { logins, permits, idle_kib, peak_kib } = *memory;
    writeln!(
        text,
        "\nPeak memory (VmHWM) under {logins} logins at the same time: **{:.1} MiB**, of which {:.1} MiB before the first one. \
         At most {:.1} MiB: those, {permits} hashes of 19 MiB, and 32 MiB.",
        mib(peak_kib),
        mib(idle_kib),
        mib(memory.limit_kib())
    )?;
    Ok(text)
}

/// Each server's guarded route beside its own unguarded one, and all of them beside the first.
fn peers(results: &Results) -> Result<String, Error> {
    let mut text = String::from(
        "\n| server | requests/s unguarded | guarded | µs unguarded | guarded | guarded to unguarded | guarded to ours |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let pairs = guarded_and_plain(results);
    let ours = pairs.first().ok_or("no server was measured")?.0;
    for (guarded, plain) in &pairs {
        let (Some(one), Some(other)) = (results.targets.get(*guarded), results.targets.get(*plain)) else { continue };
        let row = |of, to| Row { what: String::new(), of, to, at_most: None };
        writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} |",
            one.server,
            other.per_second(),
            one.per_second(),
            other.microseconds(),
            one.microseconds(),
            results.ratio(&row(*guarded, *plain))?.median,
            results.ratio(&row(*guarded, ours))?.median
        )?;
    }
    Ok(text)
}

/// The places of each server's guarded route and of its unguarded one, ours first.
#[must_use]
pub fn guarded_and_plain(results: &Results) -> Vec<(usize, usize)> {
    let place = |server: &str, question: &str| {
        results.targets.iter().position(|target| target.server == server && target.question == question)
    };
    let guarded = results.targets.iter().enumerate().filter(|(_, target)| target.question == "GET /me");
    guarded.filter_map(|(at, target)| Some((at, place(&target.server, "GET /plain")?))).collect()
}

/// What one should not rely on.
fn doubts(results: &Results) -> String {
    let (mut starved, mut overtaken) = (Vec::new(), Vec::new());
    for target in results.targets.iter().filter(|target| target.question.starts_with("GET")) {
        let share = target.median(|sample| sample.server_share);
        if share < SATURATED {
            let text = format!("{}, {} ({:.0} %)", target.server, target.question, share * 100.0);
            let generator = target.median(|sample| sample.generator_share);
            if generator > share { overtaken.push(text) } else { starved.push(text) }
        }
    }
    let mut text = String::new();
    if !starved.is_empty() {
        let starved = named(&starved);
        text.push_str(&format!(
            "\nNot its core to itself, and so fewer requests/s than it could answer, had: {starved}.\n"
        ));
    }
    if !overtaken.is_empty() {
        let overtaken = named(&overtaken);
        text.push_str(&format!("\nwrk was busier than the server, so that requests/s are wrk's, with: {overtaken}.\n"));
    }
    text
}

/// Some of them by name, the others by their number.
fn named(all: &[String]) -> String {
    const SOME: usize = 4;
    let some = all.get(..SOME.min(all.len())).unwrap_or_default().join("; ");
    if all.len() > SOME { format!("{some}; and {} others", all.len() - SOME) } else { some }
}

/// Replaces what is between two marks in a file: `<!-- NAME -->` and `<!-- end of NAME -->`.
///
/// # Errors
/// If the marks are not there.
pub fn put_between_marks(file: &Path, name: &str, text: &str) -> Result<(), Error> {
    let old = fs::read_to_string(file)?;
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let missing = || format!("{} has no {begin:?} and {end:?} behind it", file.display());
    let (before, rest) = old.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(fs::write(file, format!("{before}{begin}{text}{end}{after}"))?)
}
