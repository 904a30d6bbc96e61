//! What was measured, as it is kept in `target/bench/results.json`.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::Error;

/// All of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Results {
    /// On what.
    pub machine: Machine,
    /// How often the servers were started.
    pub rounds: usize,
    /// How often each was measured then.
    pub turns: usize,
    /// For how many seconds each time.
    pub seconds: u64,
    /// How many connections asked at the same time.
    pub connections: usize,
    /// What was measured.
    pub targets: Vec<Target>,
    /// What is compared.
    pub rows: Vec<Row>,
    /// Memory under many logins.
    pub memory: Memory,
}

/// Something that was measured, once in each turn.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Target {
    /// The server, as it is called in tables.
    pub server: String,
    /// What is asked of it.
    pub question: String,
    /// A measurement for each turn of each round.
    pub samples: Vec<Sample>,
}

/// One measurement.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Sample {
    /// Microseconds of the server's processor time, for each answer.
    pub microseconds: f64,
    /// Answers in a second.
    pub per_second: f64,
    /// How much of its core the server had.
    pub server_share: f64,
    /// How much of its core the load generator had.
    pub generator_share: f64,
}

/// A comparison of two targets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What is compared, in words.
    pub what: String,
    /// The place of the target.
    pub of: usize,
    /// The place of the target that it is compared to.
    pub to: usize,
    /// The ratio that is not to be exceeded, if there is one.
    pub at_most: Option<f64>,
}

/// The memory of a server while many log in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Memory {
    /// How many logged in at the same time.
    pub logins: usize,
    /// How many hashes are computed at the same time.
    pub permits: u64,
    /// KiB before anybody logged in.
    pub idle_kib: u64,
    /// KiB at most.
    pub peak_kib: u64,
}

impl Memory {
    /// What one hash takes.
    pub const HASH_KIB: u64 = 19_456;
    /// What everything else may take.
    pub const MARGIN_KIB: u64 = 32 * 1_024;

    /// KiB that it may take.
    #[must_use]
    pub fn limit_kib(&self) -> u64 {
        self.idle_kib + self.permits * Self::HASH_KIB + Self::MARGIN_KIB
    }
}

/// The middle of several figures, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half of them are below, half above.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of these; `None` of none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let upper = *figures.get(figures.len() / 2)?;
        let lower = *figures.get((figures.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }
}

impl Target {
    /// One of its figures over all rounds.
    #[must_use]
    pub fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        Spread::of(self.samples.iter().map(figure)).map_or(f64::NAN, |spread| spread.median)
    }

    /// Microseconds for each answer.
    #[must_use]
    pub fn microseconds(&self) -> f64 {
        self.median(|sample| sample.microseconds)
    }

    /// Answers in a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.median(|sample| sample.per_second)
    }
}

impl Results {
    /// The two targets of a comparison.
    ///
    /// # Errors
    /// If there is no such target.
    pub fn pair(&self, row: &Row) -> Result<(&Target, &Target), Error> {
        let target = |place: usize| self.targets.get(place).ok_or("a row names no target");
        Ok((target(row.of)?, target(row.to)?))
    }

    /// How many times the processor time of the one that of the other is, each measured in the same turn.
    ///
    /// # Errors
    /// If there are no measurements.
    pub fn ratio(&self, row: &Row) -> Result<Spread, Error> {
        self.spread(row, |of, to| of.microseconds / to.microseconds)
    }

    /// The same, by the answers in a second.
    ///
    /// # Errors
    /// If there are no measurements.
    pub fn ratio_by_rate(&self, row: &Row) -> Result<Spread, Error> {
        self.spread(row, |of, to| to.per_second / of.per_second)
    }

    fn spread(&self, row: &Row, ratio: impl Fn(&Sample, &Sample) -> f64) -> Result<Spread, Error> {
        let (of, to) = self.pair(row)?;
        let ratios = of.samples.iter().zip(&to.samples).map(|(of, to)| ratio(of, to));
        Ok(Spread::of(ratios).ok_or("nothing was measured")?)
    }

    /// Reads them.
    ///
    /// # Errors
    /// If there are none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes them.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_middle_is_in_the_middle() {
        let spread = |figures: &[f64]| Spread::of(figures.iter().copied());
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]), Some(Spread { median: 2.5, least: 1.0, most: 4.0 }));
    }
}
