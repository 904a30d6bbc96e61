//! What becomes of an application while everybody logs in at once: logins per second, the time of another route, memory, and
//! refusals, with more and more clients; beside it, how many hashes the same cores can compute at all, with memory that is
//! allocated for each of them and with memory that is kept and never wiped.
//!
//! `cargo build --release -p examples --bin simple_oauth2 && cargo run --release -p load --bin flood -- [SECONDS]`

#![expect(clippy::print_stdout, reason = "this is what it is started for")]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use auth_runtime::BoxError;
use load::{Answer, Connection, milliseconds, quantile};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const DEFAULT_SECONDS: u64 = 10;
const CLIENTS: [usize; 6] = [1, 2, 8, 64, 256, 1_000];
/// How often the other route is asked meanwhile.
const PROBE_EVERY: Duration = Duration::from_millis(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let seconds = match std::env::args().nth(1) {
        None => DEFAULT_SECONDS,
        Some(seconds) => seconds.parse().map_err(|_| format!("{seconds:?} is no number of seconds"))?,
    };
    let duration = Duration::from_secs(seconds);
    let cores = std::thread::available_parallelism()?.get();
    println!("{cores} cores, {seconds} s for each row, m=19456 KiB, t=2, p=1, one permit for each core\n");
    println!(
        "| clients | logins/s | argon2/s, fresh memory | of it | argon2/s, kept memory | of it | GET p50 | GET p99 | peak memory | 503 |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for clients in CLIENTS {
        // Before and after, since a machine is not always as fast.
        let before = Ceiling::measure(cores, duration / 4)?;
        let server = Program::start().await?;
        let idle = server.memory("VmRSS")?;
        let row = flood(server.address, clients, duration).await?;
        let peak = server.memory("VmHWM")?;
        server.stop().await?;
        let after = Ceiling::measure(cores, duration / 4)?;
        let (fresh, kept) = (f64::midpoint(before.fresh, after.fresh), f64::midpoint(before.kept, after.kept));
        println!(
            "| {clients} | {:.1} | {fresh:.1} | {:.1} % | {kept:.1} | {:.1} % | {:.2} ms | {:.2} ms | {idle} + {} MiB | {} |",
            row.logins,
            row.logins / fresh * 100.0,
            row.logins / kept * 100.0,
            milliseconds(row.probe_p50),
            milliseconds(row.probe_p99),
            peak - idle,
            row.refused
        );
    }
    Ok(())
}

/// Hashes per second of argon2 itself, on all cores.
struct Ceiling {
    /// Its memory allocated anew each time, as its own interface does.
    fresh: f64,
    /// Its memory kept, and never wiped.
    kept: f64,
}

impl Ceiling {
    fn measure(cores: usize, duration: Duration) -> Result<Self, BoxError> {
        Ok(Self { fresh: hashes(cores, duration / 2, false)?, kept: hashes(cores, duration / 2, true)? })
    }
}

fn hashes(cores: usize, duration: Duration, keep: bool) -> Result<f64, BoxError> {
    let params = Params::new(19_456, 2, 1, Some(32))?;
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let params = params.clone();
            std::thread::spawn(move || {
                let mut memory = vec![Block::new(); if keep { params.block_count() } else { 0 }];
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let (started, mut hashes) = (Instant::now(), 0_u32);
                let mut output = [0; 32];
                while started.elapsed() < duration {
                    let hashed = if keep {
                        argon2.hash_password_into_with_memory(b"secret", &[7; 16], &mut output, &mut memory)
                    } else {
                        argon2.hash_password_into(b"secret", &[7; 16], &mut output)
                    };
                    hashes += u32::from(hashed.is_ok());
                }
                f64::from(hashes) / started.elapsed().as_secs_f64()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread broke".into())).sum()
}

struct Row {
    logins: f64,
    probe_p50: Duration,
    probe_p99: Duration,
    refused: u64,
}

#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    granted: AtomicU64,
    refused: AtomicU64,
}

async fn flood(address: SocketAddr, clients: usize, duration: Duration) -> Result<Row, BoxError> {
    let mut probe = Connection::open(address).await?;
    let token = probe.log_in("johndoe", "secret").await?.member("access_token").ok_or("no token")?.to_owned();
    let counts = Arc::new(Counts::default());
    let flood: Vec<_> = (0..clients).map(|_| tokio::spawn(client(address, Arc::clone(&counts)))).collect();
    // Until all of them are there.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (started, granted_before) = (Instant::now(), counts.granted.load(Ordering::Relaxed));
    let mut probes = Vec::new();
    let mut ticks = tokio::time::interval(PROBE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while started.elapsed() < duration {
        ticks.tick().await;
        let asked = Instant::now();
        let answer = probe.get("/users/me", &token).await?;
        probes.push(asked.elapsed());
        if answer.status != 200 {
            return Err(format!("the guarded route answers {}", answer.status).into());
        }
    }
    let granted = counts.granted.load(Ordering::Relaxed) - granted_before;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let logins = granted as f64 / started.elapsed().as_secs_f64();
    counts.stop.store(true, Ordering::Relaxed);
    for client in flood {
        client.await??;
    }
    Ok(Row {
        logins,
        probe_p50: quantile(&mut probes, 0.5),
        probe_p99: quantile(&mut probes, 0.99),
        refused: counts.refused.load(Ordering::Relaxed),
    })
}

/// Logs in again and again, and comes back when it is told to.
async fn client(address: SocketAddr, counts: Arc<Counts>) -> Result<(), BoxError> {
    let mut connection = Connection::open(address).await?;
    while !counts.stop.load(Ordering::Relaxed) {
        let answer = connection.log_in("johndoe", "secret").await?;
        if answer.status == 200 {
            counts.granted.fetch_add(1, Ordering::Relaxed);
        } else {
            let wait = well_formed(&answer)?;
            counts.refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }
    Ok(())
}

/// A refusal says when to come back, in the form of the profile.
fn well_formed(answer: &Answer) -> Result<u64, BoxError> {
    let wait = answer.header("retry-after").and_then(|wait| wait.parse().ok());
    let is_json = answer.header("content-type") == Some("application/json") && answer.member("detail").is_some();
    match wait {
        Some(wait) if answer.status == 503 && is_json => Ok(wait),
        _ => Err(format!("not a refusal as it should be: {answer:?}").into()),
    }
}

/// The example, in a directory of its own.
struct Program {
    child: Child,
    address: SocketAddr,
    directory: PathBuf,
}

impl Program {
    async fn start() -> Result<Self, BoxError> {
        let program = std::env::current_exe()?.with_file_name("simple_oauth2");
        if !program.exists() {
            return Err("build the example first: cargo build --release -p examples --bin simple_oauth2".into());
        }
        let directory = std::env::temp_dir().join(format!("flood-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let mut child = Command::new(program)
            .current_dir(&directory)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or("the example has no output")?;
        let line = BufReader::new(output).lines().next_line().await?.ok_or("the example ended")?;
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split('/').next()).ok_or("no address")?;
        Ok(Self { child, address: address.parse()?, directory })
    }

    /// Memory in MiB, as Linux counts it.
    fn memory(&self, what: &str) -> Result<u64, BoxError> {
        let id = self.child.id().ok_or("the example has ended")?;
        let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let kib: u64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?.parse()?;
        Ok(kib / 1024)
    }

    async fn stop(mut self) -> Result<(), BoxError> {
        self.child.kill().await?;
        Ok(fs::remove_dir_all(&self.directory)?)
    }
}
