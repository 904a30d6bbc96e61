//! On what it was measured: figures without it say nothing.

use std::{fs, path::Path, process::Command};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

use crate::Error;

const LOCK: &str = include_str!("../Cargo.lock");
/// The crates whose versions matter.
const CRATES: [&str; 13] = [
    "axum",
    "hyper",
    "tokio",
    "jsonwebtoken",
    "argon2",
    "axum-login",
    "tower-sessions",
    "poem",
    "poem-openapi",
    "actix-web",
    "actix-web-grants",
    "rusqlite",
    "libsqlite3-sys",
];

/// Machine, versions and date.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// The day.
    pub date: String,
    /// The commit of this repository.
    pub commit: String,
    /// The processor.
    pub processor: String,
    /// How many cores there are.
    pub cores: usize,
    /// The system.
    pub system: String,
    /// What has which version.
    pub versions: Vec<(String, String)>,
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn here(python: Option<&Path>) -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let mut versions = vec![("rustc".to_owned(), output("rustc", &["--version"]).replace("rustc ", ""))];
        versions.extend(CRATES.iter().filter_map(|name| Some(((*name).to_owned(), locked(name)?))));
        if let Some(python) = python {
            let script = "import importlib.metadata as m, platform\n\
                          print('Python', platform.python_version())\n\
                          for name in 'fastapi uvicorn uvloop httptools PyJWT'.split(): print(name, m.version(name))";
            let lines = output(&python.to_string_lossy(), &["-c", script]);
            let pairs = lines.lines().filter_map(|line| line.split_once(' '));
            versions.extend(pairs.map(|(name, version)| (name.to_owned(), version.to_owned())));
        }
        let wrk = output("wrk", &["-v"]);
        versions.push(("wrk".to_owned(), wrk.split(' ').nth(1).unwrap_or_default().to_owned()));
        Self {
            date: output("date", &["-u", "+%Y-%m-%d"]),
            commit: output("git", &["describe", "--always", "--dirty", "--exclude=*"]),
            processor: model.map_or_else(|| "unknown".to_owned(), |(_, model)| model.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            system: output("uname", &["-srm"]),
            versions,
        }
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let Self { date, commit, processor, cores, system, versions } = self;
        let versions: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "Measured on {date}, at commit {commit}, on {processor} ({cores} cores), {system}. {}.\n",
            versions.join(", ")
        )
    }
}

/// What a program prints first; nothing, if it cannot be started.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> Option<String> {
    let (_, rest) = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}

/// One core for the servers, and another for who asks them, which is not the same core by another name.
///
/// # Errors
/// If there is only one.
pub fn two_cores() -> Result<(usize, usize), Error> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let mut cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false));
    let first = cores.next().ok_or("there is no core to run on")?;
    let siblings = fs::read_to_string(format!("/sys/devices/system/cpu/cpu{first}/topology/thread_siblings_list"));
    let siblings = siblings.unwrap_or_default();
    let others: Vec<usize> = cores.collect();
    let is_sibling = |core: &&usize| siblings.trim().split([',', '-']).any(|sibling| sibling == core.to_string());
    let second = others.iter().find(|core| !is_sibling(core)).or(others.first());
    let second = second.ok_or("this needs two cores: one for the server, and one for who asks it")?;
    Ok((first, *second))
}
