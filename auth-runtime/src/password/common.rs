//! Passwords that are guessed first: those of a list, and what is made of them.

/// In lower case, one a line, sorted by their bytes.
const LIST: &str = include_str!("../../assets/common-passwords.txt");
/// What is repeated is short: a longer unit is a password of its own.
const LONGEST_UNIT: usize = 6;
/// A shorter part says nothing: every password ends in one.
const SHORTEST_PART: usize = 4;
/// In bytes. A longer password is not taken apart at each of its characters: that would cost the square of its length.
const LONGEST_IN_HALVES: usize = 128;

/// Whether a password, in lower case, is among those that are tried first; `is_blocked` says which words are.
pub(super) fn is_guessed_first(password: &str, is_blocked: impl Fn(&str) -> bool) -> bool {
    let is_simple = |part: &str| {
        let is_long_enough = part.chars().take(SHORTEST_PART).count() == SHORTEST_PART;
        is_long_enough && (is_blocked(part) || is_run(part) || is_repetition(part))
    };
    let mut halves = password.char_indices().filter_map(|(at, _)| password.split_at_checked(at));
    is_blocked(password)
        || is_simple(password)
        || is_repeated_word(password, &is_blocked)
        || (password.len() <= LONGEST_IN_HALVES && halves.any(|(one, other)| is_simple(one) && is_simple(other)))
}

pub(super) fn is_listed(password: &str) -> bool {
    // A binary search over the text itself, so that the list costs nothing before it is asked.
    let mut rest = LIST;
    while !rest.is_empty() {
        let middle = rest.floor_char_boundary(rest.len() / 2);
        let (before, after) = rest.split_at(middle);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').map_or(rest.len(), |newline| middle + newline);
        match rest.get(start..end).unwrap_or_default().cmp(password) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = rest.get(end + 1..).unwrap_or_default(),
            std::cmp::Ordering::Greater => rest = rest.get(..start).unwrap_or_default(),
        }
    }
    false
}

/// Each character is the one after that before it, or each the one before it. After 9 comes 0.
fn is_run(part: &str) -> bool {
    let goes = |by: i64| {
        let mut pairs = part.chars().zip(part.chars().skip(1));
        pairs.all(|(one, next)| match (one.to_digit(10), next.to_digit(10)) {
            (Some(one), Some(next)) => (i64::from(one) + by).rem_euclid(10) == i64::from(next),
            (None, None) => one.is_alphabetic() && i64::from(u32::from(one)) + by == i64::from(u32::from(next)),
            _ => false,
        })
    };
    goes(1) || goes(-1)
}

/// The same few characters, twice at least; the last time perhaps not all of them.
fn is_repetition(part: &str) -> bool {
    let longest = LONGEST_UNIT.min(part.chars().count() / 2);
    (1..=longest).any(|unit| part.chars().zip(part.chars().skip(unit)).all(|(one, later)| one == later))
}

fn is_repeated_word(password: &str, is_blocked: impl Fn(&str) -> bool) -> bool {
    let lengths = (1..=password.len() / 2).filter(|length| password.len().is_multiple_of(*length));
    lengths
        .filter_map(|length| password.get(..length))
        .any(|word| is_blocked(word) && password.as_bytes().chunks(word.len()).all(|chunk| chunk == word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_password_is_found_and_nothing_else() {
        let all: Vec<&str> = LIST.lines().collect();
        assert!(all.len() > 10_000);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "the list is sorted, without doubles");
        for word in &all {
            assert!(is_listed(word), "{word}");
            assert_eq!(*word, word.to_lowercase());
            let other = format!("{word}\u{1}");
            assert!(!is_listed(&other), "{word}");
        }
        assert!(!is_listed("") && !is_listed("\n") && !is_listed("a"));
    }

    #[test]
    fn what_is_long_is_not_taken_apart_at_each_of_its_characters() {
        let asked = |length: usize| {
            let asked = std::cell::Cell::new(0);
            let password = format!("{}{}", "a".repeat(length), "a horse that nobody has");
            assert!(!is_guessed_first(&password, |_| {
                asked.set(asked.get() + 1);
                false
            }));
            asked.get()
        };
        assert!(asked(50) > 50);
        assert!(asked(LONGEST_IN_HALVES) < 50 && asked(1_000) < 50);
        assert!(is_guessed_first(&"0123456789".repeat(20), |_| false), "a run of any length");
    }

    #[test]
    fn runs_go_one_way() {
        for run in ["abcd", "dcba", "7890", "0987", "где"] {
            assert!(is_run(run), "{run}");
        }
        for other in ["abcb", "aaaa", "acegik", "abc1", "9ab", "!\"#$"] {
            assert!(!is_run(other), "{other}");
        }
    }

    #[test]
    fn few_characters_twice_are_a_repetition() {
        for repeated in ["aaaa", "abab", "abcabcab", "abcdefabcdef"] {
            assert!(is_repetition(repeated), "{repeated}");
        }
        for other in ["", "a", "abca", "abcdefgabcdefg", "aaab"] {
            assert!(!is_repetition(other), "{other}");
        }
    }
}
