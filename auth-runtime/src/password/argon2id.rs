use std::{
    fmt,
    ops::RangeInclusive,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "imported-passwords")]
use super::imported::{self, Imported};
use super::{HashError, PasswordHash, PasswordHasher, Verdict};
use crate::ambient::Randomness;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
#[cfg(feature = "imported-passwords")]
const HINT: &str = "";
#[cfg(not(feature = "imported-passwords"))]
const HINT: &str = " (bcrypt, PBKDF2 and scrypt are read with the feature `imported-passwords`)";
/// A stored hash that asks for more than this is refused rather than computed: a planted one must not exhaust the server.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 64;

/// argon2id (RFC 9106), by default with m=19456 KiB, t=2, p=1, the OWASP recommendation and the least accepted here.
///
/// Verifies argon2id, argon2i and argon2d strings of any parameters up to 1 GiB and 64 passes, and reports those below
/// its own parameters as outdated, so that they are replaced at the next login. With the feature `imported-passwords` it also
/// verifies what other systems wrote, and reports all of it as outdated: bcrypt, PBKDF2 with SHA-256, scrypt, and argon2 as
/// Django writes it. A password of more than 72 bytes, of which bcrypt looks at the first 72 alone, is let in by those as
/// everywhere else, and its hash stays as it is: nobody knows whether the rest was right. The working memory is kept between
/// hashes and wiped after each.
///
/// Verifying takes as long for a stored hash that costs less as for one of its own: what the other leaves is spent all the same.
/// A hash that costs more takes longer, and shows that its user exists, until it is replaced: make the parameters those of the
/// most expensive hashes that are stored.
///
/// ```
/// use auth_runtime::{Argon2id, PasswordHasher, Verdict};
///
/// let hasher = Argon2id::default();
/// let hash = hasher.hash("swordfish")?;
/// assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// assert_eq!(hasher.verify("swordfish", &hash)?, Verdict::Match);
/// assert_eq!(hasher.verify("Swordfish", &hash)?, Verdict::Mismatch);
/// # Ok::<(), auth_runtime::HashError>(())
/// ```
pub struct Argon2id {
    params: Params,
    randomness: Randomness,
    memory: Mutex<Vec<Vec<Block>>>,
    /// How long one hash of its own took of late, in nanoseconds.
    took: AtomicU64,
    /// Blocks of memory written, for the tests: a clock is no judge of how long a hash takes.
    #[cfg(test)]
    written: AtomicU64,
}

/// Parameters that argon2 does not allow, or that are too weak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterError(String);

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParameterError {}

impl Default for Argon2id {
    fn default() -> Self {
        Self::with(Params::DEFAULT)
    }
}

impl Argon2id {
    fn with(params: Params) -> Self {
        Self {
            params,
            randomness: Randomness::default(),
            memory: Mutex::new(Vec::new()),
            took: AtomicU64::new(0),
            #[cfg(test)]
            written: AtomicU64::new(0),
        }
    }

    /// Other parameters: memory in KiB, passes, and lanes.
    ///
    /// # Errors
    /// [`ParameterError`] if they are below m=19456, t=2, p=1, or above 1 GiB or 64 passes, or not allowed by RFC 9106.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParameterError> {
        if memory_kib < MEMORY_KIB || passes < PASSES || lanes < LANES {
            return Err(ParameterError(format!(
                "argon2id with m={memory_kib},t={passes},p={lanes} is too weak: use at least m={MEMORY_KIB},t={PASSES},p={LANES}"
            )));
        }
        if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES {
            return Err(ParameterError(format!(
                "argon2id with m={memory_kib},t={passes} would stall the server: use at most m={MAX_MEMORY_KIB},t={MAX_PASSES}"
            )));
        }
        Params::new(memory_kib, passes, lanes, Some(OUTPUT_BYTES)).map(Self::with).map_err(|error| {
            ParameterError(format!("argon2id does not allow m={memory_kib},t={passes},p={lanes}: {error}"))
        })
    }

    /// Takes salts from `randomness`.
    #[must_use]
    pub fn randomness(mut self, randomness: Randomness) -> Self {
        self.randomness = randomness;
        self
    }

    fn compute(
        &self,
        algorithm: Algorithm,
        version: Version,
        params: &Params,
        password: &str,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashError> {
        #[cfg(test)]
        self.written.fetch_add(u64::from(params.m_cost()) * u64::from(params.t_cost()), Ordering::Relaxed);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let blocks = params.block_count();
        if memory.len() < blocks {
            memory.clear();
            memory.try_reserve_exact(blocks).map_err(|_| HashError::new("not enough memory to hash a password"))?;
            memory.resize(blocks, Block::new());
        }
        let outcome = Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            output,
            &mut memory,
        );
        // Memory for a stronger foreign hash is not kept: it would stay as large as the largest one ever seen.
        if memory.len() <= self.params.block_count() {
            // What is kept is reachable, so that no optimiser takes this for dead; it is a third faster than `zeroize`.
            memory.iter_mut().take(blocks).for_each(|block| *block = Block::new());
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        } else {
            memory.iter_mut().for_each(Zeroize::zeroize);
        }
        outcome.map_err(|error| HashError::new(format!("argon2 refused: {error}")))
    }

    /// A hash that costs what its own do, which also shows how long one takes.
    fn compute_own(
        &self,
        version: Version,
        params: &Params,
        password: &str,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashError> {
        let started = Instant::now();
        self.compute(Algorithm::Argon2id, version, params, password, salt, output)?;
        let took = nanoseconds(started.elapsed());
        let before = self.took.load(Ordering::Relaxed);
        // A mean over the last few, which one that was interrupted does not spoil.
        self.took.store(if before == 0 { took } else { before - before / 8 + took / 8 }, Ordering::Relaxed);
        Ok(())
    }

    /// Spends what a cheaper hash, which began then, has left of the time that one of its own takes: a hash of its own with so much
    /// memory, in KiB, as far as `bounds` allow. How long its own take is known of those alone that were computed of late, when
    /// there may have been more to do than now, or less.
    fn spend_rest(&self, started: Instant, bounds: RangeInclusive<u32>) {
        let (least, most) = bounds.into_inner();
        let first = self.left_by_the_clock(started).clamp(least, most);
        self.spend(first);
        // Less memory is written faster. What that has left is spent too.
        self.spend(self.left_by_the_clock(started).min(most.saturating_sub(first)));
    }

    fn left_by_the_clock(&self, started: Instant) -> u32 {
        let (took, own) = (nanoseconds(started.elapsed()), self.took.load(Ordering::Relaxed));
        let left = u128::from(self.params.m_cost()) * u128::from(own.saturating_sub(took));
        let left = left.checked_div(u128::from(own)).and_then(|left| u32::try_from(left).ok());
        left.unwrap_or(self.params.m_cost())
    }

    /// What a hash of argon2 has left by the blocks that it writes. They do not all take as long: in the first pass less than in
    /// the next, and less in memory that a cache can hold. An eighth is more than that makes.
    fn left_by_blocks(&self, params: &Params) -> RangeInclusive<u32> {
        let cost = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
        let left = cost(&self.params).saturating_sub(cost(params)) / u64::from(self.params.t_cost());
        let left = u32::try_from(left).unwrap_or(u32::MAX).min(self.params.m_cost());
        left..=left.saturating_add(left / 8).min(self.params.m_cost())
    }

    /// Computes a hash of its own with less memory.
    fn spend(&self, memory_kib: u32) {
        // Less than argon2's least is less than a clock can tell.
        if let Ok(params) = Params::new(memory_kib, self.params.t_cost(), LANES, Some(OUTPUT_BYTES)) {
            let mut output = [0; OUTPUT_BYTES];
            let _ = self.compute(Algorithm::Argon2id, Version::V0x13, &params, "", &[0; SALT_BYTES], &mut output);
        }
    }

    #[cfg(feature = "imported-passwords")]
    fn verify_imported(&self, password: &str, imported: &Imported<'_>) -> Result<bool, HashError> {
        let started = Instant::now();
        let verified = imported.verifies(password)?;
        // Of what these cost the clock alone knows.
        self.spend_rest(started, 0..=self.params.m_cost());
        Ok(verified)
    }

    fn outdated(&self, algorithm: Algorithm, version: Version, params: &Params) -> bool {
        algorithm != Algorithm::Argon2id
            || version != Version::V0x13
            || params.m_cost() < self.params.m_cost()
            || params.t_cost() < self.params.t_cost()
            || params.output_len().is_some_and(|bytes| bytes < OUTPUT_BYTES)
    }
}

impl fmt::Debug for Argon2id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        write!(f, "Argon2id(m={m}, t={t}, p={p})")
    }
}

impl PasswordHasher for Argon2id {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        let mut salt = [0; SALT_BYTES];
        self.randomness.fill(&mut salt).map_err(|error| HashError::new(error.to_string()))?;
        let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
        self.compute_own(Version::V0x13, &self.params, password, &salt, output.as_mut_slice())?;
        let unprintable = |_| HashError::new("the new hash cannot be written as a PHC string");
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)
                .map_err(|_| HashError::new("the parameters cannot be written as a PHC string"))?,
            salt: Some(Salt::new(&salt).map_err(unprintable)?),
            hash: Some(Output::new(output.as_slice()).map_err(unprintable)?),
        };
        Ok(PasswordHash::from_stored(phc.to_string()))
    }

    #[cfg(feature = "imported-passwords")]
    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        let is_right = match &imported::parse(hash.expose())? {
            None => return self.verify_argon2(password, hash.expose()),
            Some(Imported::Argon2(text)) => self.verify_argon2(password, text)? != Verdict::Mismatch,
            // What was not looked at may be a slip of the keyboard: it is not what will be asked for from now on.
            Some(other) if !other.looks_at_all_of(password) => {
                let verdict = |is_right| if is_right { Verdict::Match } else { Verdict::Mismatch };
                return self.verify_imported(password, other).map(verdict);
            }
            Some(other) => self.verify_imported(password, other)?,
        };
        Ok(if is_right { Verdict::MatchOutdated } else { Verdict::Mismatch })
    }

    #[cfg(not(feature = "imported-passwords"))]
    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        self.verify_argon2(password, hash.expose())
    }
}

impl Argon2id {
    fn verify_argon2(&self, password: &str, text: &str) -> Result<Verdict, HashError> {
        let unreadable =
            |what: &str| HashError::new(format!("the stored hash is not an argon2 PHC string: {what}{HINT}"));
        let phc = Phc::new(text).map_err(|error| unreadable(&error.to_string()))?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| unreadable("another algorithm"))?;
        let version = match phc.version {
            None => Version::V0x10,
            Some(version) => Version::try_from(version).map_err(|_| unreadable("unknown version"))?,
        };
        let params = Params::try_from(&phc).map_err(|_| unreadable("parameters out of range"))?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else {
            return Err(unreadable("salt or hash is missing"));
        };
        if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES {
            return Err(unreadable("its cost is beyond the limit of 1 GiB and 64 passes"));
        }
        let mut actual = Zeroizing::new(vec![0; expected.len()]);
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        if (algorithm, costs(&params)) == (Algorithm::Argon2id, costs(&self.params)) {
            self.compute_own(version, &params, password, salt.as_ref(), &mut actual)?;
        } else {
            let started = Instant::now();
            self.compute(algorithm, version, &params, password, salt.as_ref(), &mut actual)?;
            self.spend_rest(started, self.left_by_blocks(&params));
        }
        if !bool::from(actual.as_slice().ct_eq(expected.as_bytes())) {
            return Ok(Verdict::Mismatch);
        }
        Ok(if self.outdated(algorithm, version, &params) { Verdict::MatchOutdated } else { Verdict::Match })
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: u64 = 365 * 24 * 60 * 60 * 1_000_000_000;

    /// RFC 9106 has no vector for the PHC string; this one is from the reference implementation's own test.c (version 0x13,
    /// `hashtest(2, 16, 1, "password", "somesalt")` for argon2id).
    const REFERENCE: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    #[test]
    fn agrees_with_the_reference_implementation() {
        let hasher = Argon2id::default();
        let stored = PasswordHash::from_stored(REFERENCE);
        assert_eq!(hasher.verify("password", &stored), Ok(Verdict::Match));
        assert_eq!(hasher.verify("Password", &stored), Ok(Verdict::Mismatch));
    }

    #[test]
    fn salts_each_hash() {
        let hasher = Argon2id::default();
        assert_ne!(hasher.hash("same").unwrap(), hasher.hash("same").unwrap());
    }

    #[test]
    fn weaker_hashes_are_outdated_and_stronger_ones_are_not() {
        let default = Argon2id::default();
        let stronger = Argon2id::new(2 * MEMORY_KIB, 3, 1).unwrap();
        assert_eq!(stronger.verify("x", &default.hash("x").unwrap()), Ok(Verdict::MatchOutdated));
        assert_eq!(default.verify("x", &stronger.hash("x").unwrap()), Ok(Verdict::Match));
    }

    fn written(hasher: &Argon2id) -> u64 {
        hasher.written.swap(0, Ordering::Relaxed)
    }

    fn cost(params: &Params) -> u64 {
        u64::from(params.m_cost()) * u64::from(params.t_cost())
    }

    /// What a refused login costs does not say whose hash is old: as much is written as for one of its own, and no more than an
    /// eighth of the rest depends on the clock.
    #[test]
    fn a_cheap_hash_costs_what_its_own_do() {
        let own = Argon2id::new(2 * MEMORY_KIB, 3, 1).unwrap();
        let (cost_of_own, stored) = (cost(&own.params), own.hash("right").unwrap());
        written(&own);
        assert_eq!(own.verify("wrong", &stored), Ok(Verdict::Mismatch));
        assert_eq!(written(&own), cost_of_own);
        for (memory, passes, lanes) in
            [(MEMORY_KIB, 2, 1), (8, 1, 1), (64, 1, 4), (4_096, 3, 1), (2 * MEMORY_KIB, 2, 1), (2 * MEMORY_KIB, 3, 2)]
        {
            let cheap = Argon2id::with(Params::new(memory, passes, lanes, Some(OUTPUT_BYTES)).unwrap());
            let (stored, rest) = (cheap.hash("right").unwrap(), cost_of_own - cost(&cheap.params));
            // As if one of its own took nothing, and a year, of which the cheap one takes nothing.
            for (took, most) in
                [(1, rest), (YEAR, (rest + rest / 8).min(cost_of_own)), (0, (rest + rest / 8).min(cost_of_own))]
            {
                own.took.store(took, Ordering::Relaxed);
                assert_eq!(own.verify("wrong", &stored), Ok(Verdict::Mismatch));
                let spent = written(&own) - cost(&cheap.params);
                // As much as it counts in, for each pass.
                assert!(
                    (most.saturating_sub(3 * 5)..=most).contains(&spent),
                    "m={memory},t={passes},p={lanes}: {spent}"
                );
            }
        }
    }

    #[cfg(feature = "imported-passwords")]
    #[test]
    fn a_cheap_hash_of_another_system_costs_what_its_own_do() {
        let own = Argon2id::default();
        let stored = PasswordHash::from_stored("$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        for (took, spent) in [(YEAR, cost(&own.params)), (0, cost(&own.params)), (1, 0)] {
            own.took.store(took, Ordering::Relaxed);
            assert_eq!(own.verify("wrong", &stored), Ok(Verdict::Mismatch));
            let written = written(&own);
            assert!((spent.saturating_sub(8)..=spent).contains(&written), "{written}");
        }
    }

    #[test]
    fn half_of_the_time_is_half_of_the_memory() {
        let hasher = Argon2id::default();
        let ago = |time| Instant::now().checked_sub(Duration::from_secs(time)).unwrap();
        let spent = |seconds, bounds| {
            hasher.spend_rest(ago(seconds), bounds);
            written(&hasher) / 2
        };
        hasher.took.store(200_000_000_000, Ordering::Relaxed);
        let half = hasher.left_by_the_clock(ago(100));
        assert!((9_600..=9_728).contains(&half), "{half}");
        let twice = spent(100, 0..=MEMORY_KIB);
        assert!((19_200..=19_456).contains(&twice), "what the first half has left, by this clock another one: {twice}");
        assert_eq!(spent(200, 0..=MEMORY_KIB), 0);
        assert_eq!(spent(200, 1_000..=2_000), 1_000);
        assert_eq!(spent(100, 1_000..=2_000), 2_000);
    }

    #[test]
    fn unreadable_hashes_are_errors_that_do_not_quote_them() {
        let hasher = Argon2id::default();
        for stored in [
            "",
            "secret2",
            "$argon2id$",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=99$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            let error = hasher.verify("secret2", &PasswordHash::from_stored(stored)).unwrap_err().to_string();
            assert!(stored.is_empty() || !error.contains(stored), "{error}");
        }
    }

    #[test]
    fn weak_parameters_are_refused() {
        let error = Argon2id::new(8, 1, 1).unwrap_err().to_string();
        assert!(error.contains("use at least m=19456,t=2,p=1"), "{error}");
        assert!(Argon2id::new(u32::MAX, 2, 1).is_err());
    }

    #[test]
    fn parameters_are_taken_from_the_least_to_the_most() {
        for (memory, passes, lanes) in [
            (MEMORY_KIB, PASSES, LANES),
            (MEMORY_KIB, PASSES, 4),
            (MAX_MEMORY_KIB, PASSES, LANES),
            (MEMORY_KIB, MAX_PASSES, LANES),
            (1 << 20, 64, 4),
        ] {
            let hasher = Argon2id::new(memory, passes, lanes).unwrap();
            assert_eq!(format!("{hasher:?}"), format!("Argon2id(m={memory}, t={passes}, p={lanes})"));
        }
        for (memory, passes, lanes) in
            [(MEMORY_KIB - 1, PASSES, LANES), (MEMORY_KIB, PASSES - 1, LANES), (MEMORY_KIB, PASSES, 0)]
        {
            let error = Argon2id::new(memory, passes, lanes).unwrap_err().to_string();
            assert!(error.contains("is too weak"), "{error}");
        }
        for (memory, passes) in [(MAX_MEMORY_KIB + 1, PASSES), (MEMORY_KIB, MAX_PASSES + 1)] {
            let error = Argon2id::new(memory, passes, LANES).unwrap_err().to_string();
            assert!(error.contains("would stall the server"), "{error}");
        }
    }

    /// From the reference implementation's test.c too: `hashtest(version, 2, m, 1, "password", "somesalt")`.
    #[test]
    fn other_argon2_strings_are_read_and_outdated() {
        let hasher = Argon2id::new(65_536, 2, 1).unwrap();
        for stored in [
            "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ] {
            let stored = PasswordHash::from_stored(stored);
            assert_eq!(hasher.verify("password", &stored), Ok(Verdict::MatchOutdated), "{}", stored.expose());
            assert_eq!(hasher.verify("Password", &stored), Ok(Verdict::Mismatch), "{}", stored.expose());
        }
        assert_eq!(hasher.verify("password", &PasswordHash::from_stored(REFERENCE)), Ok(Verdict::Match));
    }

    #[test]
    fn each_thing_that_is_weaker_makes_a_hash_outdated() {
        let hasher = Argon2id::new(2 * MEMORY_KIB, 3, 1).unwrap();
        let with_output = |algorithm, version, memory, passes, bytes| {
            hasher.outdated(algorithm, version, &Params::new(memory, passes, 1, Some(bytes)).unwrap())
        };
        let outdated =
            |algorithm, version, memory, passes| with_output(algorithm, version, memory, passes, OUTPUT_BYTES);
        let (argon2id, newest) = (Algorithm::Argon2id, Version::V0x13);
        assert!(!outdated(argon2id, newest, 2 * MEMORY_KIB, 3));
        assert!(!outdated(argon2id, newest, 2 * MEMORY_KIB + 1, 4));
        assert!(outdated(Algorithm::Argon2i, newest, 2 * MEMORY_KIB, 3));
        assert!(outdated(argon2id, Version::V0x10, 2 * MEMORY_KIB, 3));
        assert!(outdated(argon2id, newest, 2 * MEMORY_KIB - 1, 4));
        assert!(outdated(argon2id, newest, 3 * MEMORY_KIB, 2));
        assert!(with_output(argon2id, newest, 2 * MEMORY_KIB, 3, OUTPUT_BYTES - 1));
        assert!(!with_output(argon2id, newest, 2 * MEMORY_KIB, 3, OUTPUT_BYTES + 1));
        let short = Params::new(MEMORY_KIB, PASSES, 1, Some(10)).unwrap();
        assert!(Argon2id::default().outdated(argon2id, newest, &short));
    }

    #[test]
    fn a_stored_hash_beyond_the_limits_is_not_computed() {
        let hasher = Argon2id::default();
        let verify = |memory: u32, passes: u32| {
            let text = format!("$argon2id$v=19$m={memory},t={passes},p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q");
            hasher.verify("x", &PasswordHash::from_stored(text))
        };
        assert_eq!(verify(8, MAX_PASSES), Ok(Verdict::Mismatch));
        for (memory, passes) in [(8, MAX_PASSES + 1), (MAX_MEMORY_KIB + 1, 1), (u32::MAX, u32::MAX)] {
            let error = verify(memory, passes).unwrap_err().to_string();
            assert!(error.contains("beyond the limit of 1 GiB and 64 passes"), "{error}");
        }
    }

    /// The blocks of memory that were used last, which show how much was computed.
    fn blocks(hasher: &Argon2id) -> Option<usize> {
        hasher.memory.lock().unwrap().pop().map(|memory| memory.len())
    }

    #[test]
    fn no_more_memory_is_kept_than_its_own_hashes_need() {
        let hasher = Argon2id::default();
        hasher.spend(1_000);
        assert_eq!(blocks(&hasher), Some(1_000));
        hasher.spend(0);
        assert_eq!(blocks(&hasher), None, "less than argon2's least");
        hasher.took.store(1, Ordering::Relaxed);
        assert_eq!(hasher.verify("password", &PasswordHash::from_stored(REFERENCE)), Ok(Verdict::Match));
        assert_eq!(blocks(&hasher), None);
        assert_eq!(hasher.took.load(Ordering::Relaxed), 1, "what another hash took says nothing");
    }

    #[test]
    fn what_one_of_its_own_took_is_a_mean() {
        const LONG: u64 = 8_000_000_000_000;
        let hasher = Argon2id::default();
        let stored = hasher.hash("x").unwrap();
        assert!(hasher.took.load(Ordering::Relaxed) > 0);
        hasher.took.store(LONG, Ordering::Relaxed);
        let started = Instant::now();
        assert_eq!(hasher.verify("x", &stored), Ok(Verdict::Match));
        let most = nanoseconds(started.elapsed());
        let mean = hasher.took.load(Ordering::Relaxed);
        // An eighth of the old goes, and one of the new, which took a while, comes.
        assert!(mean > LONG - LONG / 8 + 8 && mean <= LONG - LONG / 8 + most / 8, "{mean}, {most}");
    }

    #[test]
    fn memory_is_kept_and_wiped() {
        let hasher = Argon2id::default();
        hasher.hash("a").unwrap();
        hasher.hash("b").unwrap();
        let memory = hasher.memory.lock().unwrap();
        assert_eq!(memory.len(), 1);
        assert!(memory[0].iter().all(|block| block.as_ref().iter().all(|&word| word == 0)));
    }

    #[test]
    fn without_randomness_there_is_no_hash() {
        let hasher =
            Argon2id::default().randomness(Randomness::from_fn(|_| Err(crate::ambient::RandomnessUnavailable)));
        assert!(hasher.hash("x").is_err());
    }
}
