//! A user who is known at an address is no stranger there, whatever others try elsewhere; and nobody else is.

use std::net::IpAddr;

use auth_runtime::{
    AuthBuilder, ClientAddress, ForwardedHeader, GuessingLimits, Pace, Randomness, Refusal, StoreError, UserStore,
    endpoints::NewUser, prelude::*,
};
use tests::log::Log;

use crate::house::{Counting, ELSEWHERE, HOME, House, Member, wait};

#[tokio::test]
async fn a_user_is_not_locked_out_where_they_have_logged_in_before() {
    let house = House::new().await;
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    house.guess("alice", 120, ELSEWHERE).await;
    house.guess("alice", 19, HOME).await;
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200, "a few mistakes of their own");
    // That address is known for alice, and for nobody else.
    assert_eq!(house.attempt("alice", "correct", ELSEWHERE).await.status, 429);
    house.guess("bob", 5, ELSEWHERE).await;
    assert_eq!(house.attempt("bob", "correct", HOME).await.status, 429);
}

/// Whoever tries behind the user's own network has a few tries more than strangers have, and no more of them for each time that
/// the user logs in.
#[tokio::test]
async fn guessing_where_the_user_is_known_makes_everybody_a_stranger_there() {
    let house = House::new().await;
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    house.hasher.taken();
    let until_early = async || {
        while house.attempt("alice", "wrong", HOME).await.status == 400 {}
        house.hasher.taken()
    };
    assert_eq!(until_early().await, 20 + 5, "those of a known place, then those of strangers");
    for _ in 0..20 {
        house.hand.forward(wait(&house.attempt("alice", "correct", HOME).await));
        assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
        assert_eq!(house.hasher.taken(), 1);
        assert_eq!(until_early().await, 1 + 1, "one that was given back as known, one as a stranger");
    }
    assert_eq!(house.reset("alice", "a whole new password", HOME).await.status, 204);
    assert_eq!(house.attempt("alice", "a whole new password", HOME).await.status, 200);
    house.hasher.taken();
    assert_eq!(until_early().await, 20, "as a stranger it is too early");
    house.hand.forward(24 * 60 * 60);
    assert_eq!(until_early().await, 20 + 5);
}

/// Names in a store differ by case, and limits do not: whoever takes another spelling is not its user.
#[tokio::test]
async fn another_spelling_of_a_name_opens_no_door_to_it() {
    let house = House::new().await;
    for spelling in ["Alice", "ALICE", "ａｌｉｃｅ", "alice\u{301}"] {
        let fields = [("username", spelling), ("password", "a password of my own")];
        assert_eq!(house.post("/register", &fields, ELSEWHERE).await.status, 201, "{spelling}");
    }
    assert_eq!(house.attempt("Alice", "a password of my own", ELSEWHERE).await.status, 200);
    house.guess("alice", 5, ELSEWHERE).await;
    assert_eq!(wait(&house.attempt("alice", "wrong", ELSEWHERE).await), 1, "a stranger to alice");
    // Logging in as one's own in between gives nothing back of what was tried at the other.
    for _ in 0..3 {
        assert_eq!(house.attempt("Alice", "a password of my own", ELSEWHERE).await.status, 200);
        let before = wait(&house.attempt("alice", "wrong", ELSEWHERE).await);
        house.guess("alice", 1, ELSEWHERE).await;
        assert_eq!(wait(&house.attempt("alice", "wrong", ELSEWHERE).await), before * 2);
    }
}

/// What was right takes back the one try that it was, and none of those of others.
#[tokio::test]
async fn a_right_login_forgives_nobody_elses_tries() {
    let house = House::new().await;
    house.guess("alice", 4, ELSEWHERE).await;
    assert_eq!(house.attempt("alice", "correct", "203.0.113.1").await.status, 200);
    house.guess("alice", 1, ELSEWHERE).await;
    assert_eq!(wait(&house.attempt("alice", "wrong", ELSEWHERE).await), 1);
}

#[tokio::test]
async fn whoever_goes_on_guessing_keeps_nobody_out_who_resets_the_password() {
    let house = House::new().await;
    house.guess("alice", 101, ELSEWHERE).await;
    let guess = async || {
        house.hand.forward(1);
        house.attempt("alice", "wrong", ELSEWHERE).await;
    };
    guess().await;
    assert_ne!(house.attempt("alice", "correct", HOME).await.status, 200);
    guess().await;
    assert_eq!(house.reset("alice", "a whole new password", HOME).await.status, 204);
    for _ in 0..10 {
        guess().await;
        assert_eq!(house.attempt("alice", "a whole new password", HOME).await.status, 200);
    }
    assert_ne!(house.attempt("alice", "a whole new password", "203.0.113.1").await.status, 200, "a stranger elsewhere");
}

#[tokio::test]
async fn whoever_registers_is_no_stranger_there() {
    let house = House::new().await;
    house.guess("carol", 120, ELSEWHERE).await;
    let fields = [("username", "carol"), ("password", "a password of my own")];
    assert_eq!(house.post("/register", &fields, HOME).await.status, 201);
    assert_eq!(house.attempt("carol", "a password of my own", HOME).await.status, 200);
    assert_ne!(house.attempt("carol", "a password of my own", "203.0.113.1").await.status, 200);
}

/// Who knew the old password may have made an address of their own familiar.
#[tokio::test]
async fn a_changed_password_makes_strangers_of_all_who_knew_the_old_one() {
    let house = House::new().await;
    assert_eq!(house.attempt("alice", "correct", ELSEWHERE).await.status, 200);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    let home = HOME.parse::<std::net::IpAddr>().unwrap().into();
    house.auth.change_password("alice", &"correct".into(), "a whole new password".into(), home).await.unwrap();
    house.guess("alice", 5, ELSEWHERE).await;
    assert_eq!(wait(&house.attempt("alice", "wrong", ELSEWHERE).await), 1);
    assert_eq!(house.attempt("alice", "a whole new password", HOME).await.status, 200, "where it was changed");
}

/// Behind a proxy that nobody has named, the address of one is the address of all.
#[tokio::test]
async fn behind_an_unknown_proxy_nobody_is_known() {
    let log = Log::start();
    let house = House::with(|builder| builder).await;
    assert_eq!(house.attempt_with("alice", "correct", &[]).await.status, 200, "without one");
    assert!(!log.text().contains("login.unconfigured_proxy"));
    for header in ["x-forwarded-for: 203.0.113.1", "forwarded: for=203.0.113.1", "x-real-ip: 203.0.113.1"] {
        house.guess("alice", 6, ELSEWHERE).await;
        let early = house.attempt_with("alice", "correct", &[header]).await;
        assert_eq!(early.status, 429, "{header}: what is known of the proxy's address is not asked");
        house.hand.forward(24 * 60 * 60);
        assert_eq!(house.attempt_with("bob", "correct", &[header]).await.status, 200);
        house.guess("bob", 5, ELSEWHERE).await;
        assert_eq!(house.attempt_with("bob", "correct", &[]).await.status, 429, "{header}: nothing was made of it");
        house.hand.forward(24 * 60 * 60);
    }
    assert_eq!(log.text().matches("login.unconfigured_proxy").count(), 1, "{}", log.text());
    house.guess("alice", 6, ELSEWHERE).await;
    assert_eq!(house.attempt_with("alice", "correct", &[]).await.status, 200);
}

/// Users whose outdated hashes stay as they are.
struct Unreplaced(MemoryUsers<Member>);

impl UserStore for Unreplaced {
    type User = Member;

    async fn find(&self, username: &str) -> Result<Option<Member>, StoreError> {
        self.0.find(username).await
    }

    async fn replace_password_hash(&self, _: &str, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_user_whose_old_hash_stays_is_not_locked_out_at_home_either() {
    let alice = Member::new_user("alice".to_owned(), PasswordHash::from_stored("old:correct"));
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    let auth = Auth::builder(Unreplaced(MemoryUsers::from_iter([alice])))
        .signing_key(key)
        .password_hasher(Counting::default())
        .build()
        .unwrap();
    let [home, elsewhere] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| ClientAddress::from(IpAddr::from(ip)));
    let log_in = async |password: &str, from| auth.verify_login("alice", &password.into(), from).await;
    assert!(log_in("correct", home).await.is_ok());
    for _ in 0..20 {
        assert!(log_in("wrong", elsewhere).await.is_err());
    }
    assert!(matches!(log_in("correct", elsewhere).await, Err(Refusal::TooManyAttempts(_))));
    assert!(log_in("correct", home).await.is_ok());
}

/// Where everybody has the address of a proxy that nobody named, one of them does not close the door for the others so soon.
#[tokio::test]
async fn registering_where_addresses_are_shared_is_not_closed_by_one() {
    let limits = GuessingLimits::default();
    let limits = GuessingLimits { registration: Pace { free: 1, ..limits.registration }, ..limits };
    let named = |builder: AuthBuilder<Member>| builder.trusted_proxies(ForwardedHeader::XForwardedFor, ["127.0.0.1"]);
    for (house, in_a_row) in [
        (House::with(|builder| named(builder).guessing_limits(limits)).await, 1),
        (House::with(|builder| builder.guessing_limits(limits)).await, 50),
    ] {
        for number in 0..=in_a_row {
            let (name, expected) = (format!("user{number}"), if number < in_a_row { 201 } else { 429 });
            let fields = [("username", name.as_str()), ("password", "a password of my own")];
            assert_eq!(house.post("/register", &fields, HOME).await.status, expected, "{number} of {in_a_row}");
        }
    }
}
