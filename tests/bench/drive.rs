//! Starts the servers, asks whether they do what they are measured for, and measures them in turn: `drive [ROUNDS]`.
//!
//! It is told by `tests/bench/run` where the keys and the interpreter of Python are (`BENCH_DIRECTORY`), and writes
//! `results.json` and `table.md` there.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is started for")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use bench::{
    Error,
    hand::Tokens,
    measure::{
        checks,
        http::Connection,
        machine::{Machine, two_cores},
        process::Process,
        results::{Memory, Results, Row, Sample, Target},
        table,
        wrk::{self, Question, as_float},
    },
    people::{JOHN, SCOPE},
};

const DEFAULT_ROUNDS: usize = 15;
const SECONDS: u64 = 1;
/// In each round, what is compared is measured so often, in turns.
const TURNS: usize = 3;
const CONNECTIONS: usize = 32;
/// In one turn: half a second, or so.
const LOGINS: u32 = 20;
const LOGINS_AT_ONCE: usize = 256;

fn main() -> Result<(), Error> {
    let rounds = match env::args().nth(1) {
        None => DEFAULT_ROUNDS,
        Some(rounds) => rounds.parse().ok().filter(|rounds| *rounds > 0).ok_or("usage: drive [ROUNDS]")?,
    };
    let directory = PathBuf::from(env::var_os("BENCH_DIRECTORY").ok_or("start this by tests/bench/run")?);
    let place = Place::new(directory)?;
    let memory = memory(&place)?;
    let mut targets = Vec::new();
    for round in 0..rounds {
        let started = Instant::now();
        // Where the parts of a program lie in memory is decided when it starts, and a few percent are in it.
        measure(Bench::new(&place)?, round, place.generator_core, &mut targets)?;
        eprintln!("round {} of {rounds}: {:.0} s", round + 1, started.elapsed().as_secs_f64());
    }
    let results = Results {
        machine: Machine::here(Some(&place.python())),
        rounds,
        turns: TURNS,
        seconds: SECONDS,
        connections: CONNECTIONS,
        rows: rows(&targets)?,
        targets,
        memory,
    };
    results.write(&place.directory.join("results.json"))?;
    let text = table::markdown(&results)?;
    std::fs::write(place.directory.join("table.md"), &text)?;
    println!("{text}");
    Ok(())
}

/// Where things are.
struct Place {
    directory: PathBuf,
    programs: PathBuf,
    server_core: usize,
    generator_core: usize,
}

impl Place {
    fn new(directory: PathBuf) -> Result<Self, Error> {
        let programs = env::current_exe()?.parent().ok_or("this program is nowhere")?.to_owned();
        let (server_core, generator_core) = two_cores()?;
        std::fs::create_dir_all(directory.join("log"))?;
        Ok(Self { directory, programs, server_core, generator_core })
    }

    fn key(&self, algorithm: &str) -> PathBuf {
        self.directory.join("keys").join(algorithm)
    }

    fn python(&self) -> PathBuf {
        self.directory.join("venv/bin/python")
    }

    /// Starts one of the servers in Rust.
    fn start(&self, program: &str, algorithm: &str, database: Option<&Path>, pinned: bool) -> Result<Process, Error> {
        let key = self.key(algorithm);
        let mut environment = vec![("KEY_FILE", key.as_path())];
        if let Some(database) = database {
            environment.extend([("STORE", Path::new("sqlite")), ("DATABASE", database)]);
        }
        let log = self.directory.join("log").join(format!("{program}-{algorithm}.log"));
        let core = pinned.then_some(self.server_core);
        Process::start(&self.programs.join(program), &[], &environment, core, &log)
    }

    fn start_python(&self, script: &str) -> Result<Process, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(script);
        let log = self.directory.join("log/fastapi.log");
        let key = self.key("HS256");
        Process::start(&self.python(), &[&script], &[("KEY_FILE", &key)], Some(self.server_core), &log)
    }
}

/// The server that has all cores, as whoever logs in meets it.
const UNPINNED: &str = "ours, on all cores";

/// How a target is measured.
enum How {
    /// By wrk, which asks this server for this path with its credential; or without one, and is refused.
    Get { server: usize, path: &'static str, refused: bool },
    /// By logins, one after the other.
    LogIn { server: usize },
    /// By a program that hashes as often.
    Hash { program: PathBuf, fresh: bool },
}

struct Server {
    name: &'static str,
    process: Process,
    credential: String,
}

struct Bench {
    servers: Vec<Server>,
    /// In groups: what is compared is measured within the same seconds.
    groups: Vec<Vec<(Target, How)>>,
}

impl Bench {
    fn new(place: &Place) -> Result<Self, Error> {
        let mut bench = Self { servers: Vec::new(), groups: Vec::new() };
        let database = place.directory.join("users.db");
        for suffix in ["", "-shm", "-wal"] {
            let _ = std::fs::remove_file(place.directory.join(format!("users.db{suffix}")));
        }
        bench.group();
        let ours = bench.add(place, "ours, HS256", "annotated", "HS256", None)?;
        let by_hand = bench.add(place, "by hand, HS256", "handwritten", "HS256", None)?;
        bench.get(ours, "/plain");
        bench.get(ours, "/me");
        bench.get(ours, "/me/copied");
        bench.get(by_hand, "/me");
        bench.get(by_hand, "/plain");
        for (algorithm, name, name_by_hand) in [
            ("EdDSA", "ours, EdDSA", "by hand, EdDSA"),
            ("ES256", "ours, ES256", "by hand, ES256"),
            ("RS256", "ours, RS256", "by hand, RS256"),
        ] {
            bench.group();
            let ours = bench.add(place, name, "annotated", algorithm, None)?;
            let by_hand = bench.add(place, name_by_hand, "handwritten", algorithm, None)?;
            bench.get(ours, "/plain");
            bench.get(ours, "/me");
            bench.get(by_hand, "/me");
            bench.get(by_hand, "/plain");
        }
        bench.group();
        bench.refused(ours, "/me");
        bench.refused(ours, "/static401");
        let at = |server: usize| bench.servers.get(server).map(|server| server.process.address).ok_or("no such server");
        checks::same_answer((at(ours)?, "/me"), (at(ours)?, "/static401"))?;
        let credential = bench.servers.get(ours).map(|server| server.credential.as_str());
        checks::answers_body("ours, HS256", at(ours)?, "/me/copied", credential)?;
        let sqlite = bench.add(place, "ours, SQLite", "annotated", "HS256", Some(&database))?;
        let rows = bench.add(place, "by hand, SQLite", "handwritten", "HS256", Some(&database))?;
        let address = bench.servers.get(rows).map(|server| server.process.address).ok_or("no such server")?;
        checks::answers_body("by hand, SQLite", address, "/row", None)?;
        bench.group();
        bench.get(sqlite, "/me");
        bench.get(rows, "/row");
        for (name, program) in [("axum-login", "axum_login"), ("poem-openapi", "poem"), ("actix-web, grants", "actix")]
        {
            bench.group();
            let peer = bench.add(place, name, program, "HS256", None)?;
            bench.get(peer, "/plain");
            bench.get(peer, "/me");
        }
        let process = place.start_python("fastapi_server.py")?;
        let fastapi = bench.admit("FastAPI, uvicorn", process, Some(&Tokens::from_key_file(&place.key("HS256"))?))?;
        bench.group();
        bench.get(fastapi, "/plain");
        bench.get(fastapi, "/me");
        let process = place.start("annotated", "HS256", None, false)?;
        let unpinned = bench.admit(UNPINNED, process, Some(&Tokens::from_key_file(&place.key("HS256"))?))?;
        bench.group();
        bench.target(UNPINNED, "a login", How::LogIn { server: unpinned });
        let program = place.programs.join("raw_argon2");
        bench.target("argon2", "a hash in fresh memory", How::Hash { program: program.clone(), fresh: true });
        bench.target("argon2", "a hash in kept memory", How::Hash { program, fresh: false });
        Ok(bench)
    }

    fn add(
        &mut self,
        place: &Place,
        name: &'static str,
        program: &str,
        algorithm: &str,
        database: Option<&Path>,
    ) -> Result<usize, Error> {
        let process = place.start(program, algorithm, database, true)?;
        let tokens = Tokens::from_key_file(&place.key(algorithm))?;
        // Its credentials are not tokens.
        let tokens = (program != "axum_login").then_some(&tokens);
        self.admit(name, process, tokens)
    }

    /// A server that does what it is measured for.
    fn admit(&mut self, name: &'static str, process: Process, tokens: Option<&Tokens>) -> Result<usize, Error> {
        let credential = checks::check(name, process.address, tokens)?;
        self.servers.push(Server { name, process, credential });
        Ok(self.servers.len() - 1)
    }

    /// What follows is compared.
    fn group(&mut self) {
        self.groups.push(Vec::new());
    }

    fn target(&mut self, server: &str, question: &str, how: How) {
        let target = Target { server: server.to_owned(), question: question.to_owned(), samples: Vec::new() };
        if let Some(group) = self.groups.last_mut() {
            group.push((target, how));
        }
    }

    fn get(&mut self, server: usize, path: &'static str) {
        let name = self.servers.get(server).map_or("", |server| server.name);
        self.target(name, &format!("GET {path}"), How::Get { server, path, refused: false });
    }

    fn refused(&mut self, server: usize, path: &'static str) {
        let name = self.servers.get(server).map_or("", |server| server.name);
        self.target(name, &format!("GET {path}, 401"), How::Get { server, path, refused: true });
    }
}

/// Each round begins with another group, each turn goes in the other direction.
fn measure(bench: Bench, round: usize, core: usize, measured: &mut Vec<Target>) -> Result<(), Error> {
    let Bench { servers, mut groups } = bench;
    let count = groups.len();
    for step in 0..count {
        let Some(group) = groups.get_mut((step + round * 5) % count) else { continue };
        for turn in 0..TURNS {
            if turn.is_multiple_of(2) {
                one_turn(&servers, group.iter_mut(), core)?;
            } else {
                one_turn(&servers, group.iter_mut().rev(), core)?;
            }
        }
    }
    let targets = groups.into_iter().flatten().map(|(target, _)| target);
    if measured.is_empty() {
        measured.extend(targets);
    } else {
        measured.iter_mut().zip(targets).for_each(|(all, new)| all.samples.extend(new.samples));
    }
    Ok(())
}

fn one_turn<'a>(
    servers: &[Server],
    targets: impl Iterator<Item = &'a mut (Target, How)>,
    core: usize,
) -> Result<(), Error> {
    for (target, how) in targets {
        target.samples.push(sample(servers, how, core)?);
    }
    Ok(())
}

/// What is compared.
fn rows(targets: &[Target]) -> Result<Vec<Row>, Error> {
    let row = |what: &str, (server, question): (&str, &str), to: (&str, &str), at_most| -> Result<Row, Error> {
        let place = |server: &str, question: &str| {
            let named = |target: &Target| target.server == server && target.question == question;
            targets.iter().position(named).ok_or_else(|| format!("{server} is not asked {question}"))
        };
        Ok(Row { what: what.to_owned(), of: place(server, question)?, to: place(to.0, to.1)?, at_most })
    };
    let (me, plain) = ("GET /me", "GET /plain");
    let (ours, by_hand) = ("ours, HS256", "by hand, HS256");
    let mut rows = vec![
        row("guarded GET, HS256, to the unguarded one", (ours, me), (ours, plain), Some(1.10))?,
        row(
            "guarded GET, HS256, with a copy of the user, to the unguarded one",
            (ours, "GET /me/copied"),
            (ours, plain),
            None,
        )?,
        row("guarded GET, HS256, to one by hand", (ours, me), (by_hand, me), Some(0.92))?,
    ];
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let (ours, by_hand) = (format!("ours, {algorithm}"), format!("by hand, {algorithm}"));
        let to_plain = format!("guarded GET, {algorithm}, seen before, to the unguarded one");
        rows.push(row(&to_plain, (&ours, me), (&ours, plain), Some(1.12))?);
        rows.push(row(&format!("guarded GET, {algorithm}, to one by hand"), (&ours, me), (&by_hand, me), None)?);
    }
    rows.extend([
        row(
            "401 without a credential, to a fixed 401",
            (ours, "GET /me, 401"),
            (ours, "GET /static401, 401"),
            Some(1.05),
        )?,
        row(
            "guarded GET, SQLite, to the bare query by hand",
            ("ours, SQLite", me),
            ("by hand, SQLite", "GET /row"),
            Some(1.05),
        )?,
        row("unguarded GET, to one by hand", (ours, plain), (by_hand, plain), None)?,
        row(
            "a login, to one raw argon2 hash in fresh memory",
            (UNPINNED, "a login"),
            ("argon2", "a hash in fresh memory"),
            Some(0.95),
        )?,
        row(
            "a login, to one raw argon2 hash in kept memory",
            (UNPINNED, "a login"),
            ("argon2", "a hash in kept memory"),
            None,
        )?,
    ]);
    Ok(rows)
}

/// Measures a target once.
fn sample(servers: &[Server], how: &How, core: usize) -> Result<Sample, Error> {
    let server = |at: usize| servers.get(at).ok_or("no such server");
    match how {
        How::Get { server: at, path, refused } => {
            let Server { process, credential, .. } = server(*at)?;
            // An unguarded route is sent the same request.
            let credential = (!refused).then_some(credential.as_str());
            let question = Question {
                address: process.address,
                path,
                credential,
                refused: *refused,
                connections: CONNECTIONS,
                seconds: SECONDS,
            };
            let before = process.processor_time()?;
            let outcome = wrk::ask(&question, core)?;
            let used = process.processor_time()?.saturating_sub(before).as_secs_f64();
            Ok(Sample {
                microseconds: used * 1e6 / as_float(outcome.answers),
                per_second: outcome.per_second,
                server_share: used / outcome.elapsed(),
                generator_share: outcome.share(),
            })
        }
        How::LogIn { server: at } => {
            let Server { process, .. } = server(*at)?;
            let mut connection = Connection::open(process.address)?;
            let (started, before) = (Instant::now(), process.processor_time()?);
            for _ in 0..LOGINS {
                let answer = connection.log_in(&JOHN, SCOPE)?;
                if answer.credential().is_none() {
                    return Err(format!("a login is answered {answer:?}").into());
                }
            }
            let used = process.processor_time()?.saturating_sub(before);
            Ok(of_hashes(started.elapsed().as_secs_f64(), used.as_secs_f64()))
        }
        How::Hash { program, fresh } => {
            let mut command = Command::new(program);
            if *fresh {
                // Set at all, it stays: glibc raises it otherwise with the first large block that is freed, and keeps the next.
                command.env("MALLOC_MMAP_THRESHOLD_", "131072");
            }
            let output = String::from_utf8(command.arg(LOGINS.to_string()).output()?.stdout)?;
            let (elapsed, used) = output.trim().split_once(' ').ok_or("raw_argon2 failed")?;
            Ok(of_hashes(elapsed.parse()?, used.parse()?))
        }
    }
}

fn of_hashes(elapsed: f64, used: f64) -> Sample {
    let hashes = f64::from(LOGINS);
    Sample {
        microseconds: used * 1e6 / hashes,
        per_second: hashes / elapsed,
        server_share: used / elapsed,
        generator_share: 0.0,
    }
}

/// The memory of a server of its own, on all cores, while everybody logs in at once.
fn memory(place: &Place) -> Result<Memory, Error> {
    let process = place.start("annotated", "HS256", None, false)?;
    let address = process.address;
    let idle_kib = process.memory("VmRSS")?;
    let clients: Vec<_> = (0..LOGINS_AT_ONCE)
        .map(|_| {
            thread::spawn(move || -> Result<(), Error> {
                let mut connection = Connection::open(address)?;
                loop {
                    let answer = connection.log_in(&JOHN, SCOPE)?;
                    match (answer.status, answer.header("retry-after").and_then(|wait| wait.parse().ok())) {
                        (200, _) => return Ok(()),
                        (503, Some(wait)) => thread::sleep(Duration::from_secs(wait)),
                        _ => return Err(format!("a login is answered {answer:?}").into()),
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| "a client broke")??;
    }
    let permits = u64::try_from(thread::available_parallelism()?.get())?;
    Ok(Memory { logins: LOGINS_AT_ONCE, permits, idle_kib, peak_kib: process.memory("VmHWM")? })
}
