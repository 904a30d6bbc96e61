//! argon2 and nothing else: `raw_argon2 COUNT` computes so many hashes with the parameters of a login, each with memory of its
//! own, and prints the seconds and the seconds of processor time that all of them took.

#![expect(clippy::print_stdout, reason = "this is what it is started for")]

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use bench::Error;
use nix::time::ClockId;

fn main() -> Result<(), Error> {
    let count: u32 = std::env::args().nth(1).and_then(|count| count.parse().ok()).ok_or("usage: raw_argon2 COUNT")?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, Some(32))?);
    let mut output = [0; 32];
    // The first one also warms up the machine.
    argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut output)?;
    let (started, used) = (Instant::now(), processor_time()?);
    for _ in 0..count {
        argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut output)?;
        std::hint::black_box(&output);
    }
    println!("{} {}", started.elapsed().as_secs_f64(), (processor_time()? - used).as_secs_f64());
    Ok(())
}

fn processor_time() -> Result<Duration, Error> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}
