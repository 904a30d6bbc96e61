//! Can a clock tell refused logins apart? Unknown, wrong, disabled, locked, no password and an old cheap hash are asked for in
//! turn over a socket, at rest and under load, and the table says how well one time, and the median of twenty, tell each of
//! them from a wrong password.
//!
//! `cargo run --release -p load --bin timing -- [ROUNDS]`

#![expect(clippy::print_stdout, reason = "this is what it is started for")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auth_runtime::{Argon2id, GuessingLimits, Pace, PasswordHasher, Randomness, prelude::*};
use load::{Connection, auc, milliseconds, quantile};

const DEFAULT_ROUNDS: usize = 400;
/// Whoever measures again and again.
const AT_ONCE: usize = 20;

#[derive(AuthUser, Clone)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: Option<PasswordHash>,
}

#[token_endpoint("/token")]
async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

/// A kind of refused login: its name, and the password that is sent.
struct Case {
    name: &'static str,
    label: &'static str,
    password: &'static str,
}

const CASES: [Case; 9] = [
    Case { name: "wrong", label: "wrong password", password: "wrong" },
    Case { name: "again", label: "wrong password, once more", password: "wrong" },
    Case { name: "unknown", label: "unknown user", password: "wrong" },
    Case { name: "disabled", label: "disabled, right password", password: "right" },
    Case { name: "locked", label: "locked, right password", password: "right" },
    Case { name: "passwordless", label: "no password set", password: "wrong" },
    Case { name: "cheap", label: "old hash, argon2id m=8192,t=1", password: "wrong" },
    Case { name: "cheapest", label: "old hash, argon2i m=512,t=2", password: "wrong" },
    Case { name: "bcrypt", label: "old hash, bcrypt cost 4", password: "wrong" },
];

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let rounds = match std::env::args().nth(1) {
        None => DEFAULT_ROUNDS,
        Some(rounds) => rounds.parse().map_err(|_| format!("{rounds:?} is no number of rounds"))?,
    };
    let address = serve(rounds).await?;
    println!("{rounds} rounds, {} cores", std::thread::available_parallelism()?);
    for (title, under_load) in [("at rest", false), ("under load", true)] {
        let loaded = Arc::new(AtomicBool::new(under_load));
        let load: Vec<_> =
            (0..if under_load { 4 } else { 0 }).map(|_| tokio::spawn(flood(address, Arc::clone(&loaded)))).collect();
        measure(title, address, rounds).await?;
        loaded.store(false, Ordering::Relaxed);
        for client in load {
            client.await?;
        }
    }
    Ok(())
}

async fn measure(title: &str, address: SocketAddr, rounds: usize) -> Result<(), BoxError> {
    let mut connection = Connection::open(address).await?;
    let mut times: Vec<Vec<Duration>> = CASES.iter().map(|_| Vec::with_capacity(rounds)).collect();
    let mut answers: Vec<(u16, String)> = Vec::new();
    for round in 0..rounds {
        // Each time another case is the first.
        for turn in 0..CASES.len() {
            let number = (round + turn) % CASES.len();
            let (Some(case), Some(times)) = (CASES.get(number), times.get_mut(number)) else { continue };
            let user = format!("{}-{title}-{round}", case.name).replace(' ', "-");
            let started = Instant::now();
            let answer = connection.log_in(&user, case.password).await?;
            times.push(started.elapsed());
            let seen = (answer.status, answer.body);
            if !answers.contains(&seen) {
                answers.push(seen);
            }
        }
    }
    let [(status, body)] = answers.as_slice() else { return Err(format!("the answers differ: {answers:?}").into()) };
    println!("\n{title}: every answer was {status} {body}\n");
    println!("| refused because of | median | AUC of one | AUC of the median of {AT_ONCE} |");
    println!("| --- | --- | --- | --- |");
    let wrong = times.first().cloned().unwrap_or_default();
    for (case, times) in CASES.iter().zip(&times) {
        let median = milliseconds(quantile(&mut times.clone(), 0.5));
        println!(
            "| {} | {median:.2} ms | {:.3} | {:.3} |",
            case.label,
            auc(&wrong, times),
            auc(&medians(&wrong), &medians(times))
        );
    }
    Ok(())
}

fn medians(times: &[Duration]) -> Vec<Duration> {
    times.chunks_exact(AT_ONCE).map(|chunk| quantile(&mut chunk.to_vec(), 0.5)).collect()
}

async fn flood(address: SocketAddr, on: Arc<AtomicBool>) {
    let Ok(mut connection) = Connection::open(address).await else { return };
    while on.load(Ordering::Relaxed) {
        let _ = connection.log_in("somebody-else", "right").await;
    }
}

async fn serve(rounds: usize) -> Result<SocketAddr, BoxError> {
    let hasher = Argon2id::default();
    let own = hasher.hash("right")?;
    // Of no password at all: what is asked for is wrong in any case.
    const END: &str = "p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let cheap = PasswordHash::from_stored(format!("$argon2id$v=19$m=8192,t=1,{END}"));
    let cheapest = PasswordHash::from_stored(format!("$argon2i$v=19$m=512,t=2,{END}"));
    let bcrypt = PasswordHash::from_stored("$2b$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    let user = |name: String, disabled, hash: Option<&PasswordHash>| User { name, disabled, hash: hash.cloned() };
    let users = MemoryUsers::from_iter(
        ["at-rest", "under-load"]
            .iter()
            .flat_map(|title| (0..rounds).map(move |round| format!("{title}-{round}")))
            .flat_map(|end| {
                [
                    user(format!("wrong-{end}"), false, Some(&own)),
                    user(format!("again-{end}"), false, Some(&own)),
                    user(format!("disabled-{end}"), true, Some(&own)),
                    user(format!("locked-{end}"), false, Some(&own)),
                    user(format!("passwordless-{end}"), false, None),
                    user(format!("cheap-{end}"), false, Some(&cheap)),
                    user(format!("cheapest-{end}"), false, Some(&cheapest)),
                    user(format!("bcrypt-{end}"), false, Some(&bcrypt)),
                ]
            })
            .chain([user("somebody-else".to_owned(), false, Some(&own))]),
    );
    // Locked after one try, which each of those is given beforehand; every other account is tried once.
    let limits = GuessingLimits {
        lock_after: 1,
        account: Pace { window: Duration::from_secs(24 * 60 * 60), ..Pace::UNLIMITED },
        ..GuessingLimits::NONE
    };
    let limits = GuessingLimits { familiar_for: Duration::from_secs(60 * 60), ..limits };
    let auth = Auth::builder(users)
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .guessing_limits(limits)
        .build()?;
    let app = SecureRouter::new().mount(login).with_state(auth);
    let server = Server::bind("127.0.0.1:0", app).await?;
    let address = server.address();
    tokio::spawn(server.run());
    let mut connection = Connection::open(address).await?;
    connection.log_in("somebody-else", "right").await?;
    for title in ["at-rest", "under-load"] {
        for round in 0..rounds {
            connection.log_in(&format!("locked-{title}-{round}"), "wrong").await?;
        }
    }
    Ok(address)
}
