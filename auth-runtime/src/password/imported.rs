//! Password hashes that other systems wrote: verified once, and replaced by argon2id at the login that they let in.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::HashError;

/// Above these, a stored hash is refused rather than computed: a planted one must not stall the server.
const MAX_BCRYPT_COST: u32 = 16;
const MAX_ITERATIONS: u32 = 10_000_000;
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
const MAX_SCRYPT_LANES: u32 = 16;
const BCRYPT_BYTES: usize = 72;
const OUTPUT_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// With padding or without, as each system writes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A hash of a scheme other than argon2's own, taken apart.
#[derive(Debug, PartialEq)]
pub(super) enum Imported<'a> {
    /// Argon2, with Django's prefix before it.
    Argon2(&'a str),
    Bcrypt {
        /// In modular crypt format.
        text: &'a str,
        /// Whether the password is hashed before, as Django's `bcrypt_sha256` does.
        prehashed: bool,
    },
    Pbkdf2 {
        iterations: u32,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
}

/// `None` for a text that is of no scheme here; what is and cannot be read is an error.
pub(super) fn parse(text: &str) -> Result<Option<Imported<'_>>, HashError> {
    let unreadable = || HashError::new("the stored hash has the prefix of another scheme, and not its form");
    let found = if let Some(rest) = text.strip_prefix("argon2$") {
        // Its dollar is the first of the string that follows.
        text.get(text.len() - rest.len() - 1..).map(Imported::Argon2)
    } else if let Some(text) = text.strip_prefix("bcrypt_sha256$") {
        Some(Imported::Bcrypt { text, prehashed: true })
    } else if let Some(text) = text.strip_prefix("bcrypt$") {
        Some(Imported::Bcrypt { text, prehashed: false })
    } else if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
        Some(Imported::Bcrypt { text, prehashed: false })
    } else if let Some(rest) = text.strip_prefix("pbkdf2_sha256$") {
        django_pbkdf2(rest)
    } else if let Some(rest) = text.strip_prefix("$pbkdf2-sha256$") {
        crypt_pbkdf2(rest)
    } else if let Some(rest) = text.strip_prefix("pbkdf2:sha256:") {
        werkzeug_pbkdf2(rest)
    } else if let Some(rest) = text.strip_prefix("$scrypt$") {
        crypt_scrypt(rest)
    } else if let Some(rest) = text.strip_prefix("scrypt$") {
        django_scrypt(rest)
    } else if let Some(rest) = text.strip_prefix("scrypt:") {
        werkzeug_scrypt(rest)
    } else {
        return Ok(None);
    };
    let found = found.ok_or_else(unreadable)?;
    found.check().map(|()| Some(found))
}

/// `ITERATIONS$SALT$BASE64`.
fn django_pbkdf2(text: &str) -> Option<Imported<'static>> {
    let [iterations, salt, output] = parts(text, '$')?;
    Some(Imported::Pbkdf2 {
        iterations: iterations.parse().ok()?,
        salt: salt.as_bytes().to_vec(),
        output: BASE64.decode(output).ok()?,
    })
}

/// `ITERATIONS$SALT$HASH`, or `i=ITERATIONS,l=..` in PHC's form. Passlib writes `.` where base64 has `+`.
fn crypt_pbkdf2(text: &str) -> Option<Imported<'static>> {
    let [parameters, salt, output] = parts(text, '$')?;
    let iterations = match parameters.strip_prefix("i=") {
        Some(rest) => rest.split(',').next()?,
        None => parameters,
    };
    let decode = |text: &str| BASE64.decode(text.replace('.', "+")).ok();
    Some(Imported::Pbkdf2 { iterations: iterations.parse().ok()?, salt: decode(salt)?, output: decode(output)? })
}

/// `ITERATIONS$SALT$HEX`.
fn werkzeug_pbkdf2(text: &str) -> Option<Imported<'static>> {
    let [iterations, salt, output] = parts(text, '$')?;
    Some(Imported::Pbkdf2 {
        iterations: iterations.parse().ok()?,
        salt: salt.as_bytes().to_vec(),
        output: hexadecimal(output)?,
    })
}

/// `ln=LOG_N,r=R,p=P$SALT$HASH`.
fn crypt_scrypt(text: &str) -> Option<Imported<'static>> {
    let [parameters, salt, output] = parts(text, '$')?;
    let [log_n, r, p] = parts(parameters, ',')?;
    Some(Imported::Scrypt {
        log_n: log_n.strip_prefix("ln=")?.parse().ok()?,
        r: r.strip_prefix("r=")?.parse().ok()?,
        p: p.strip_prefix("p=")?.parse().ok()?,
        salt: BASE64.decode(salt).ok()?,
        output: BASE64.decode(output).ok()?,
    })
}

/// `N$SALT$R$P$BASE64`.
fn django_scrypt(text: &str) -> Option<Imported<'static>> {
    let [n, salt, r, p, output] = parts(text, '$')?;
    Some(Imported::Scrypt {
        log_n: logarithm(n)?,
        r: r.parse().ok()?,
        p: p.parse().ok()?,
        salt: salt.as_bytes().to_vec(),
        output: BASE64.decode(output).ok()?,
    })
}

/// `N:R:P$SALT$HEX`.
fn werkzeug_scrypt(text: &str) -> Option<Imported<'static>> {
    let [parameters, salt, output] = parts(text, '$')?;
    let [n, r, p] = parts(parameters, ':')?;
    Some(Imported::Scrypt {
        log_n: logarithm(n)?,
        r: r.parse().ok()?,
        p: p.parse().ok()?,
        salt: salt.as_bytes().to_vec(),
        output: hexadecimal(output)?,
    })
}

fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.split(separator).collect::<Vec<_>>().try_into().ok()
}

/// Of a power of two.
fn logarithm(n: &str) -> Option<u8> {
    let n: u64 = n.parse().ok()?;
    n.is_power_of_two().then(|| u8::try_from(n.trailing_zeros()).ok())?
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect()
}

impl Imported<'_> {
    /// Refuses what would cost too much, or proves too little.
    fn check(&self) -> Result<(), HashError> {
        let fits = match self {
            Self::Argon2(_) => true,
            Self::Bcrypt { text, .. } => {
                let cost = text.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
                cost.is_some_and(|cost| cost <= MAX_BCRYPT_COST)
            }
            Self::Pbkdf2 { iterations, output, .. } => {
                (1..=MAX_ITERATIONS).contains(iterations) && OUTPUT_BYTES.contains(&output.len())
            }
            Self::Scrypt { log_n, r, p, output, .. } => {
                let bytes = 1_u64.checked_shl(u32::from(*log_n)).and_then(|n| n.checked_mul(128 * u64::from(*r)));
                bytes.is_some_and(|bytes| bytes <= MAX_SCRYPT_BYTES)
                    && (1..=MAX_SCRYPT_LANES).contains(p)
                    && OUTPUT_BYTES.contains(&output.len())
            }
        };
        if fits { Ok(()) } else { Err(HashError::new("the cost of the stored hash is beyond the limits")) }
    }

    /// Whether the whole password counts. Bcrypt takes 72 bytes, and its writers left out the rest.
    pub(super) fn looks_at_all_of(&self, password: &str) -> bool {
        !matches!(self, Self::Bcrypt { prehashed: false, .. }) || password.len() <= BCRYPT_BYTES
    }

    /// Whether this is the password; argon2 is verified elsewhere.
    pub(super) fn verifies(&self, password: &str) -> Result<bool, HashError> {
        match self {
            Self::Argon2(_) => Err(HashError::new("this is argon2's own")),
            Self::Bcrypt { text, prehashed } => bcrypt(password, text, *prehashed),
            Self::Pbkdf2 { iterations, salt, output } => {
                let mut actual = Zeroizing::new(vec![0; output.len()]);
                pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, *iterations, &mut actual);
                Ok(actual.as_slice().ct_eq(output).into())
            }
            Self::Scrypt { log_n, r, p, salt, output } => {
                let refused = || HashError::new("the stored hash has parameters that scrypt does not allow");
                let params = scrypt::Params::new(*log_n, *r, *p).map_err(|_| refused())?;
                let mut actual = Zeroizing::new(vec![0; output.len()]);
                scrypt::scrypt(password.as_bytes(), salt, &params, &mut actual).map_err(|_| refused())?;
                Ok(actual.as_slice().ct_eq(output).into())
            }
        }
    }
}

fn bcrypt(password: &str, text: &str, prehashed: bool) -> Result<bool, HashError> {
    let unreadable = |_| HashError::new("the stored hash is not a bcrypt string");
    if prehashed {
        let digest = Sha256::digest(password);
        let hexadecimal: Zeroizing<String> = Zeroizing::new(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        return bcrypt::verify(hexadecimal.as_bytes(), text).map_err(unreadable);
    }
    // What is after a NUL its writers never saw.
    if password.contains('\0') {
        return Ok(false);
    }
    bcrypt::verify(password, text).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{Argon2id, PasswordHash, PasswordHasher, Verdict};

    fn verdict(password: &str, stored: &str) -> Result<Verdict, HashError> {
        Argon2id::default().verify(password, &PasswordHash::from_stored(stored))
    }

    fn verifies(password: &str, stored: &str) {
        assert_eq!(verdict(password, stored), Ok(Verdict::MatchOutdated), "{stored}");
        assert_eq!(verdict(&format!("{password}x"), stored), Ok(Verdict::Mismatch), "{stored}");
        assert_eq!(verdict("", stored), Ok(Verdict::Mismatch), "{stored}");
    }

    /// The vector of RFC 7914 section 12 with N=16384 (`pleaseletmein`, `SodiumChloride`).
    #[test]
    fn scrypt_agrees_with_rfc_7914() {
        let output = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
        verifies("pleaseletmein", &format!("scrypt:16384:8:1$SodiumChloride${output}"));
        let base64 = BASE64.encode(hexadecimal(output).unwrap());
        verifies("pleaseletmein", &format!("scrypt$16384$SodiumChloride$8$1${base64}"));
        let salt = BASE64.encode("SodiumChloride");
        let unpadded = |text: &str| text.trim_end_matches('=').to_owned();
        verifies("pleaseletmein", &format!("$scrypt$ln=14,r=8,p=1${}${}", unpadded(&salt), unpadded(&base64)));
    }

    /// The vector of RFC 7914 section 11 with 80,000 iterations (`Password`, `NaCl`).
    #[test]
    fn pbkdf2_agrees_with_rfc_7914() {
        let output = "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d";
        verifies("Password", &format!("pbkdf2:sha256:80000$NaCl${output}"));
        let base64 = BASE64.encode(hexadecimal(output).unwrap());
        verifies("Password", &format!("pbkdf2_sha256$80000$NaCl${base64}"));
        let (salt, passlib) = ("TmFDbA", base64.replace('+', ".").trim_end_matches('=').to_owned());
        verifies("Password", &format!("$pbkdf2-sha256$80000${salt}${passlib}"));
        verifies("Password", &format!("$pbkdf2-sha256$i=80000,l=64${salt}${}", base64.trim_end_matches('=')));
    }

    /// From the test suite of OpenBSD's bcrypt, and its trap: 72 bytes count.
    #[test]
    fn bcrypt_agrees_with_openbsd() {
        verifies("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        verifies("U*U", "bcrypt$$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        let long = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored";
        let stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        assert_eq!(verdict(long, stored), Ok(Verdict::Match), "whatever follows is not what will be asked for");
        assert_eq!(verdict(&format!("{}, and a slip", &long[..72]), stored), Ok(Verdict::Match));
        assert_eq!(verdict(&long[..72], stored), Ok(Verdict::MatchOutdated));
        assert_eq!(verdict(&long[..71], stored), Ok(Verdict::Mismatch));
        assert_eq!(
            verdict("U*U\0", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            Ok(Verdict::Mismatch)
        );
    }

    #[test]
    fn argon2_has_djangos_prefix() {
        let stored = Argon2id::default().hash("swordfish").unwrap();
        verifies("swordfish", &format!("argon2{}", stored.expose()));
    }

    #[test]
    fn what_costs_too_much_is_refused_and_never_quoted() {
        for stored in [
            "$2b$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$",
            "$2b$05$short",
            "pbkdf2_sha256$10000001$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "pbkdf2_sha256$0$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "pbkdf2_sha256$1000$salt$",
            "pbkdf2_sha256$1000$salt",
            "scrypt$1073741824$salt$8$1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "scrypt$16385$salt$8$1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "scrypt:32768:8:1000000$salt$00112233445566778899aabbccddeeff",
            "$scrypt$ln=63,r=4294967295,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "argon2$",
        ] {
            let error = verdict("x", stored).unwrap_err().to_string();
            assert!(!error.contains(stored), "{error}");
        }
    }

    /// What it says of the cost alone: the hash itself would take long.
    fn is_read(stored: &str) -> bool {
        matches!(parse(stored), Ok(Some(_)))
    }

    #[test]
    fn the_limits_themselves_are_within() {
        let hash = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert!(is_read(&format!("$2b$16${hash}")) && !is_read(&format!("$2b$17${hash}")));
        let bytes = |length| BASE64.encode(vec![7; length]);
        let pbkdf2 = |iterations: u32, length| is_read(&format!("pbkdf2_sha256${iterations}$salt${}", bytes(length)));
        assert!(pbkdf2(1, 16) && pbkdf2(10_000_000, 128));
        assert!(!pbkdf2(0, 16) && !pbkdf2(10_000_001, 16) && !pbkdf2(1, 15) && !pbkdf2(1, 129));
        let scrypt = |n: u64, r: u32, p: u32, length| is_read(&format!("scrypt${n}$salt${r}${p}${}", bytes(length)));
        // 128 * r * n bytes: 1 GiB.
        assert!(scrypt(1 << 20, 8, 16, 16) && scrypt(1 << 23, 1, 1, 128));
        assert!(!scrypt(1 << 21, 8, 1, 16) && !scrypt(1 << 20, 9, 1, 16), "memory");
        assert!(!scrypt(1 << 4, 8, 17, 16) && !scrypt(1 << 4, 8, 0, 16), "lanes");
        assert!(!scrypt(1 << 4, 8, 1, 15) && !scrypt(1 << 4, 8, 1, 129), "output");
    }

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(hexadecimal("00ff1aA1"), Some(vec![0x00, 0xff, 0x1a, 0xa1]));
        assert_eq!(hexadecimal(""), Some(vec![]));
        assert_eq!((hexadecimal("0"), hexadecimal("123"), hexadecimal("0g")), (None, None, None));
    }

    #[test]
    fn a_power_of_two_has_a_logarithm() {
        assert_eq!(
            (logarithm("1"), logarithm("16384"), logarithm("9223372036854775808")),
            (Some(0), Some(14), Some(63))
        );
        assert_eq!((logarithm("0"), logarithm("3"), logarithm("-2"), logarithm("")), (None, None, None, None));
    }

    #[test]
    fn a_text_of_no_other_scheme_is_left_to_argon2() {
        for stored in ["", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q", "$2x$05$", "md5$a$b"] {
            assert_eq!(parse(stored), Ok(None), "{stored}");
        }
        assert!(Imported::Argon2("$argon2id$").verifies("x").is_err());
    }

    /// Made with libxcrypt, of the password's SHA-256 in hexadecimal digits, as Django does.
    #[test]
    fn djangos_prehashed_bcrypt_takes_the_whole_password() {
        let password = "a password that is longer than the seventy-two bytes of which bcrypt takes note, to the end";
        verifies(password, "bcrypt_sha256$$2b$04$CCCCCCCCCCCCCCCCCCCCC.juJ9Bz/4WwRX4juT1VzdrYGdKz13SHC");
    }
}
