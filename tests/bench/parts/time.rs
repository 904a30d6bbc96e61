//! Times each part by itself: `tests/bench/run parts`.

use bench::parts::PARTS;

fn main() {
    divan::main();
}

#[divan::bench(args = PARTS.map(|part| part.name))]
#[expect(clippy::panic, reason = "a part that cannot be set up is not timed")]
fn part(bencher: divan::Bencher<'_, '_>, name: &str) {
    let part = PARTS.into_iter().find(|part| part.name == name);
    match part.map(|part| part.prepare()) {
        Some(Ok(run)) => bencher.bench_local(run),
        failed => panic!("{name}: {:?}", failed.and_then(Result::err)),
    }
}
