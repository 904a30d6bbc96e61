//! The tables of SQLite and PostgreSQL: one set of statements for both, in the dialect that they share.
//!
//! Parameters come first in the order of their numbers: `$1` is a number to PostgreSQL, and a name to SQLite.

pub(crate) mod migrations;
pub(crate) mod store;
pub(crate) mod users;

/// Seconds as the databases keep them.
pub(crate) fn to_stored(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

pub(crate) fn from_stored(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{store::*, users::Statements};
    use crate::store::{ColumnKind, ColumnRole, ColumnSpec};

    #[test]
    fn parameters_come_first_in_the_order_of_their_numbers() {
        let column = |name, role| ColumnSpec { name, kind: ColumnKind::Text, nullable: false, role };
        let columns = [column("name", ColumnRole::Username), column("hash", ColumnRole::PasswordHash)];
        let users = Statements::of(&columns, "users");
        let of_users = [users.find, users.insert, users.list, users.remove].into_iter();
        let of_users = of_users.chain([users.replace_password_hash, users.set_password_hash].into_iter().flatten());
        let of_store =
            [INSERT_SESSION, INSERT_TOKEN, FIND_TOKEN, USE_TOKEN, END_SESSION, END_SESSIONS, TAKE_SINGLE_USE];
        let of_store =
            of_store.into_iter().chain([LIVE_SESSIONS, REVOKE, REVOKED, FIND_CLIENT, REGISTER, REMOVE_CLIENT]);
        let all = of_users.chain(of_store.chain(PURGE).map(str::to_owned)).chain([is_any_revoked(3)]);
        for statement in all {
            let mut newest = 0;
            for parameter in statement.split('$').skip(1) {
                let digits = parameter.split(|next: char| !next.is_ascii_digit()).next().unwrap();
                let number: usize = digits.parse().unwrap();
                assert!(number <= newest + 1, "{statement}");
                newest = newest.max(number);
            }
            assert!(newest > 0, "{statement}");
        }
    }
}
