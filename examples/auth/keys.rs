//! `auth keys`: the file that `SigningKeys::from_file` reads.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use auth_runtime::{Algorithm, KeyFile, KeyInfo, NewKey};
use clap::Subcommand;
use serde_json::json;

use crate::output::{Failure, note, print, print_json, print_table, visible};

/// Those that a key can be made for here.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256];

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List the keys of a file, and which of them signs.
    List {
        /// The key file.
        file: PathBuf,
        /// As JSON, for programs. Times are in seconds since 1970.
        #[arg(long)]
        json: bool,
    },
    /// Add a key that will sign, set an end to the others, and print the new key's identifier.
    ///
    /// The file is made if there is none, readable by its owner alone. Servers read it every ten seconds, without a restart.
    Rotate {
        /// The key file.
        file: PathBuf,
        /// EdDSA, ES256 or HS256.
        #[arg(long, value_parser = algorithm, default_value_t = Algorithm::EdDsa)]
        algorithm: Algorithm,
        /// How long before it signs, so that every server knows it by then. The first key of a file signs at once.
        #[arg(long, value_name = "TIME", value_parser = duration, default_value = "60s")]
        begins_in: Duration,
        /// How long, after that, tokens of the other keys are accepted: no shorter than a token lives.
        #[arg(long, value_name = "TIME", value_parser = duration, default_value = "25h")]
        keeps_others_for: Duration,
    },
    /// Take a key out: every token that it signed is refused as soon as the servers have read the file.
    Remove {
        /// The key file.
        file: PathBuf,
        /// The key's identifier, as `auth keys list` shows it.
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

pub(crate) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List { file, json } => list(&read(&file)?, json),
        KeysCommand::Rotate { file, algorithm, begins_in, keeps_others_for } => {
            let is_new = !file.exists();
            let key = KeyFile::at(&file).rotate(&NewKey { algorithm, begins_in, keeps_others_for })?;
            print(&key.id)?;
            let file = file.display();
            if is_new {
                note(format_args!("Made {file} with this {algorithm} key, which signs from now on."));
            } else {
                let begins =
                    if key.signs { "from now on".to_owned() } else { format!("in {}", span(begins_in.as_secs())) };
                let keeps = span(keeps_others_for.as_secs());
                note(format_args!(
                    "Added this {algorithm} key to {file}. It signs {begins}; tokens of the other keys are accepted for {keeps} after that."
                ));
            }
            Ok(())
        }
        KeysCommand::Remove { file, kid } => {
            read(&file)?;
            KeyFile::at(&file).remove(&kid)?;
            note(format_args!(
                "{kid} is gone. What it signed is refused as soon as the servers have read the file, within ten seconds."
            ));
            Ok(())
        }
    }
}

fn read(file: &Path) -> Result<Vec<KeyInfo>, Failure> {
    if !file.exists() {
        return Err(Failure::failed(format!(
            "there is no key file {0}: is the path right? `auth keys rotate {0}` makes a new one",
            file.display()
        )));
    }
    Ok(KeyFile::at(file).list()?)
}

fn list(keys: &[KeyInfo], json: bool) -> Result<(), Failure> {
    if json {
        let object = |key: &KeyInfo| {
            json!({
                "kid": key.id,
                "algorithm": key.algorithm.name(),
                "begins_at": key.begins_at,
                "ends_at": key.ends_at,
                "signs": key.signs,
            })
        };
        return print_json(&keys.iter().map(object).collect::<Vec<_>>());
    }
    let now = now();
    let row = |key: &KeyInfo| [visible(&key.id), key.algorithm.to_string(), state(key, now)];
    print_table(["KID", "ALGORITHM", "STATE"], keys.iter().map(row).collect())
}

fn state(key: &KeyInfo, now: u64) -> String {
    let left = |until: u64| span(until.saturating_sub(now));
    match (key.signs, key.ends_at) {
        (_, Some(ends)) if ends <= now => "ended".to_owned(),
        (true, None) => "signs".to_owned(),
        (true, Some(ends)) => format!("signs, and ends in {}", left(ends)),
        (false, _) if key.begins_at > now => format!("signs in {}", left(key.begins_at)),
        (false, Some(ends)) => format!("verifies for {}", left(ends)),
        (false, None) => "verifies".to_owned(),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The two largest units that are not zero.
fn span(seconds: u64) -> String {
    let units = [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let parts: Vec<String> =
        units.iter().filter(|(count, _)| *count > 0).take(2).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.char_indices().last().and_then(|(end, unit)| {
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        text.get(..end)?.parse::<u64>().ok()?.checked_mul(seconds)
    });
    parsed.map(Duration::from_secs).ok_or_else(|| "a time is a number and its unit: 60s, 10m, 25h or 2d".to_owned())
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    let found = ALGORITHMS.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "it is EdDSA, ES256 or HS256".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, seconds, written) in [
            ("60s", 60, "1m"),
            ("0s", 0, "0s"),
            ("25h", 90_000, "1d 1h"),
            ("90m", 5400, "1h 30m"),
            ("2d", 172_800, "2d"),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
            assert_eq!(span(seconds), written);
        }
        for text in ["", "s", "60", "-1s", "1.5h", "60 s", "1w", "99999999999999999999s", "18446744073709551615d", "5ü"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
