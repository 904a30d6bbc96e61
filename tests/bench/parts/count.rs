//! Does one part so many times, for a tool that counts instructions: `count_parts NUMBER TIMES`. Without arguments it lists the
//! parts, a line each.

#![expect(clippy::print_stdout, reason = "this is what it is started for")]

use bench::{Error, parts::PARTS};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [number, times] = arguments.as_slice() else {
        PARTS.iter().for_each(|part| println!("{}", part.name));
        return Ok(());
    };
    let part = PARTS.get(number.parse::<usize>()?).ok_or("there is no part of this number")?;
    let mut run = part.prepare()?;
    for _ in 0..times.parse::<u32>()? {
        run()?;
    }
    Ok(())
}
