//! What may be chosen as a password (NIST SP 800-63B-4 section 3.1.1), and the form in which it is hashed.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

use super::common::{is_guessed_first, is_listed};
use crate::secret::Secret;

/// Longer ones are no better, and cost more. 1,024 bytes are 256 code points of any script.
const LONGEST_BYTES: usize = 1024;
/// What NIST asks for where the password is the only factor, and the least that it ever allows.
const SINGLE_FACTOR: usize = 15;
const LEAST: usize = 8;
/// A verifier takes passwords of at least this length.
const TAKEN_AT_LEAST: usize = 64;

/// What may be chosen as a password: its length counts, and not its kinds of characters.
///
/// 15 code points by default, which is what NIST SP 800-63B-4 asks for where the password is the only factor; `.min_length(8)`
/// where there is a second factor. Common passwords, the user's own name and the words of [`block`](Self::block) are refused in
/// any case.
///
/// Common is what is guessed first: a password on a list; a run, as `abcdefghijklmno` or `123456789012345`; up to six characters
/// again and again, as `abcabcabcabcabc`; a listed password repeated; and two of all these joined, as `password1234567`. It is
/// not asked of which characters a password is made: three words and more are good.
///
/// ```
/// use auth_runtime::{PasswordFault, PasswordRules, Secret};
///
/// let rules = PasswordRules::new().min_length(8).block(["Acme Rockets"]);
/// assert_eq!(rules.check("wile", &Secret::new("hunter2")), Err(PasswordFault::TooShort { least: 8 }));
/// assert_eq!(rules.check("wile", &Secret::new("Password1")), Err(PasswordFault::Common));
/// assert_eq!(rules.check("wile", &Secret::new("acme rockets")), Err(PasswordFault::Common));
/// assert_eq!(rules.check("wile", &Secret::new("roadrunner, beep beep")), Ok(()));
/// ```
#[derive(Debug, Clone)]
pub struct PasswordRules {
    pub(crate) min_length: usize,
    blocked: Vec<String>,
}

/// Why a password may not be chosen. Its text is for whoever chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordFault {
    /// Fewer code points than it must have.
    TooShort {
        /// So many it must have.
        least: usize,
    },
    /// More than 1,024 bytes.
    TooLong,
    /// It is among the passwords that are guessed first.
    Common,
    /// It is the name of its user.
    Username,
}

impl fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { least } => {
                write!(
                    f,
                    "The password is too short: choose one of {least} characters or more. Several words make a good password."
                )
            }
            Self::TooLong => write!(f, "The password is too long: choose one of {LONGEST_BYTES} bytes at most."),
            Self::Common => f.write_str("This password is too easy to guess: choose another one."),
            Self::Username => f.write_str("The password is the username: choose another one."),
        }
    }
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min_length: SINGLE_FACTOR, blocked: Vec::new() }
    }
}

impl PasswordRules {
    /// The default rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another least length in code points: 8 to 64.
    #[must_use]
    pub fn min_length(mut self, code_points: usize) -> Self {
        self.min_length = code_points;
        self
    }

    /// Refuses these as passwords too: the name of the service, say.
    #[must_use]
    pub fn block(mut self, words: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.blocked.extend(words.into_iter().map(|word| folded(word.as_ref()).to_string()));
        self
    }

    /// Whether this user may choose this password.
    ///
    /// # Errors
    /// [`PasswordFault`].
    pub fn check(&self, username: &str, password: &Secret) -> Result<(), PasswordFault> {
        if is_too_long(password) {
            return Err(PasswordFault::TooLong);
        }
        let password = normalized(password);
        if password.expose().chars().take(self.min_length).count() < self.min_length {
            return Err(PasswordFault::TooShort { least: self.min_length });
        }
        let folded_password = folded(password.expose());
        if *folded_password == *folded(username) {
            return Err(PasswordFault::Username);
        }
        if is_guessed_first(&folded_password, |part| is_listed(part) || self.blocked.iter().any(|word| word == part)) {
            return Err(PasswordFault::Common);
        }
        Ok(())
    }

    /// What is wrong with the rules themselves.
    pub(crate) fn problem(&self) -> Option<String> {
        let range = LEAST..=TAKEN_AT_LEAST;
        (!range.contains(&self.min_length)).then(|| {
            format!("passwords have {LEAST} to {TAKEN_AT_LEAST} code points at least, and not {}", self.min_length)
        })
    }
}

/// Nobody has such a password: no work is done for it.
pub(crate) fn is_too_long(password: &Secret) -> bool {
    password.expose().len() > LONGEST_BYTES
}

/// The form in which passwords are hashed: NFC, so that it does not depend on the keyboard, and nothing else is changed.
pub(crate) fn normalized(password: &Secret) -> Secret {
    if is_nfc(password.expose()) {
        return password.clone();
    }
    // As long as it can become, so that no part of it is left behind in memory by growing.
    let mut text = Zeroizing::new(String::with_capacity(password.expose().len() * 3));
    text.extend(password.expose().nfc());
    Secret::new(std::mem::take(&mut *text))
}

fn folded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PasswordFault> {
        PasswordRules::new().min_length(8).check("alice", &Secret::new(password))
    }

    #[test]
    fn length_is_counted_in_code_points_of_the_normal_form() {
        let rules = PasswordRules::new();
        let check = |password: &str| rules.check("alice", &Secret::new(password));
        assert_eq!(check("éèêëàâçùûïôéèàé"), Ok(()));
        assert_eq!(check("éèêëàâçùûïôéèà"), Err(PasswordFault::TooShort { least: 15 }));
        assert_eq!(check(&"e\u{301}".repeat(14)), Err(PasswordFault::TooShort { least: 15 }), "two make one");
        let crabs = "🦀🐚🐠🐙🦑🐡🦞🌊".repeat(32);
        assert_eq!(check(&crabs), Ok(()));
        assert_eq!(check(&(crabs + "🦀")), Err(PasswordFault::TooLong));
    }

    #[test]
    fn nothing_is_asked_of_the_characters() {
        for password in ["xkqzjvwp", "x x x  x", "73920461", "жщъэюйцы", &"longer than six ".repeat(4)] {
            assert_eq!(check(password), Ok(()), "{password:?}");
        }
    }

    #[test]
    fn common_passwords_and_the_own_name_are_refused_in_any_case() {
        for password in ["password", "PassWord", "iloveyou", "12345678", "qwertyuiop"] {
            assert_eq!(check(password), Err(PasswordFault::Common), "{password:?}");
        }
        let rules = PasswordRules::new().block(["acme rockets"]);
        for password in ["Acme rocketsAcme rockets", "acme rockets12345"] {
            assert_eq!(rules.check("alice", &Secret::new(password)), Err(PasswordFault::Common), "{password:?}");
        }
        let own = PasswordRules::new().min_length(8).check("Al@Corp.example", &Secret::new("al@corp.EXAMPLE"));
        assert_eq!(own, Err(PasswordFault::Username));
    }

    /// Few passwords of lists are as long as the default asks: these are what is guessed instead.
    #[test]
    fn the_default_rules_refuse_what_is_made_of_common_parts() {
        let check = |password: &str| PasswordRules::new().check("alice", &Secret::new(password));
        for password in [
            "aaaaaaaaaaaaaaa",
            "               ",
            "abcabcabcabcabc",
            "abcabcabcabcabca",
            "Abc123aBC123abc123",
            "123456789012345",
            "987654321098765",
            "567890123456789",
            "abcdefghijklmno",
            "zyxwvutsrqponml",
            "АБВГДЕЖЗИЙКЛМНОП",
            "passwordpassword",
            "PasswordPasswordPassword",
            "iloveyoupassword",
            "password1234567",
            "1234567password",
            "aaaaaaaa11111111",
            "abcdefgh87654321",
            "manchesterunited",
        ] {
            assert_eq!(check(password), Err(PasswordFault::Common), "{password:?}");
        }
        for password in [
            "correct horse battery staple",
            "passwordiloveyousunshine",
            "xkqzjvwpxkqzjvwp",
            "123456789012346",
            "tr0ub4dor&3 and more",
        ] {
            assert_eq!(check(password), Ok(()), "{password:?}");
        }
    }

    #[test]
    fn only_the_normal_form_is_made() {
        let same = |one: &str, other: &str| normalized(&Secret::new(one)) == normalized(&Secret::new(other));
        assert!(same("Zoe\u{308}", "Zo\u{eb}"));
        assert!(same("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"));
        assert!(!same("Zoe", "zoe"));
        assert!(!same(" a", "a") && !same("a  b", "a b"));
        assert!(!same("ﬁ", "fi"), "compatibility forms stay apart");
        assert!(!same("e\u{301}", "e"));
    }

    #[test]
    fn a_fault_says_what_to_choose_instead() {
        for (fault, words) in [
            (PasswordFault::TooShort { least: 15 }, "15 characters or more"),
            (PasswordFault::TooLong, "1024 bytes at most"),
            (PasswordFault::Common, "choose another one"),
            (PasswordFault::Username, "is the username"),
        ] {
            assert!(fault.to_string().contains(words), "{fault}");
        }
    }

    #[test]
    fn blocked_words_are_refused_in_any_case_and_what_is_neither_is_taken() {
        let rules = PasswordRules::new().min_length(8).block(["Acme Rockets", "ÜBERFLIEGER"]);
        let check = |password: &str| rules.check("alice", &Secret::new(password));
        assert_eq!(check("acme ROCKETS"), Err(PasswordFault::Common));
        assert_eq!(check("überflieger"), Err(PasswordFault::Common));
        assert_eq!(check("acme rocket"), Ok(()));
    }

    #[test]
    fn the_least_length_is_within_what_nist_allows() {
        for length in [8, 15, 64] {
            assert_eq!(PasswordRules::new().min_length(length).problem(), None, "{length}");
        }
        for length in [0, 7, 65] {
            let problem = PasswordRules::new().min_length(length).problem().unwrap();
            assert!(problem.contains("8 to 64") && problem.ends_with(&format!("not {length}")), "{problem}");
        }
    }

    #[test]
    fn the_longest_password_has_1024_bytes() {
        assert!(!is_too_long(&Secret::new("a".repeat(1_024))) && !is_too_long(&Secret::new("")));
        assert!(is_too_long(&Secret::new("a".repeat(1_025))) && is_too_long(&Secret::new("a".repeat(1 << 20))));
    }
}
