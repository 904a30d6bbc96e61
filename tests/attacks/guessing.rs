//! Guessing passwords.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auth_runtime::{
    ClientAddress, Counter, CounterStore, ForwardedHeader, GuessingLimits, MemoryStore, Pace, Refusal, StoreError,
    Taken, prelude::*,
};
use tests::server::TestServer;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::house::{ELSEWHERE, HOME, House, request, seen, wait};

#[tokio::test]
async fn guessing_at_one_account_has_to_wait_longer_each_time() {
    let house = House::new().await;
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert_eq!(house.attempt("alice", "wrong", ELSEWHERE).await.status, 400);
    }
    for _ in 0..12 {
        let answer = house.attempt("alice", "wrong", ELSEWHERE).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        waits.push(wait(&answer));
        house.hand.forward(wait(&answer));
        house.hasher.taken();
        assert_eq!(house.attempt("alice", "wrong", ELSEWHERE).await.status, 400);
        assert_eq!(house.hasher.taken(), 1);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    assert_eq!(house.attempt("bob", "correct", HOME).await.status, 200, "nobody else waits");
}

#[tokio::test]
async fn who_comes_too_early_is_refused_without_a_look_at_the_password() {
    let house = House::new().await;
    house.guess("alice", 5, ELSEWHERE).await;
    house.hasher.taken();
    let (right, wrong) = (house.attempt("alice", "correct", HOME).await, house.attempt("alice", "wrong", HOME).await);
    assert_eq!(seen(&right), seen(&wrong));
    assert_eq!(wait(&right), 1);
    assert_eq!(house.hasher.taken(), 0);
    house.hand.forward(1);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
}

#[tokio::test]
async fn names_that_nobody_has_are_slowed_down_as_others_are() {
    let house = House::new().await;
    for times in 0..20 {
        let known = house.attempt("alice", "wrong", "192.0.2.1").await;
        for (number, name) in ["nobody", "disabled", "passwordless", "damaged"].iter().enumerate() {
            let other = house.attempt(name, "wrong", &format!("192.0.2.{}", number + 2)).await;
            assert_eq!(seen(&known), seen(&other), "{name}, attempt {times}");
        }
        if times % 3 == 2 && known.status == 429 {
            house.hand.forward(wait(&known));
        }
    }
}

#[tokio::test]
async fn a_locked_account_is_answered_as_a_wrong_password_is_and_only_for_a_day() {
    let house = House::new().await;
    house.guess("alice", 100, ELSEWHERE).await;
    house.hand.forward(900);
    house.hasher.taken();
    let locked = house.attempt("alice", "correct", HOME).await;
    assert_eq!(house.hasher.taken(), 1);
    let wrong = house.attempt("bob", "wrong", HOME).await;
    assert_eq!(seen(&locked), seen(&wrong));
    house.hand.forward(24 * 60 * 60);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
}

#[tokio::test]
async fn variants_of_a_name_share_their_limit() {
    let house = House::new().await;
    let variants = ["nobody", "NOBODY", "Nobody", "ｎｏｂｏｄｙ", " nobody"];
    for (number, name) in variants.iter().enumerate() {
        assert_eq!(house.attempt(name, "wrong", &format!("192.0.2.{number}")).await.status, 400, "{name}");
    }
    assert_eq!(house.attempt("noBODY", "wrong", ELSEWHERE).await.status, 429);
}

#[tokio::test]
async fn one_address_cannot_try_the_names_of_many() {
    let house = House::new().await;
    for number in 0..50 {
        assert_eq!(house.attempt(&format!("name{number}"), "wrong", HOME).await.status, 400);
    }
    assert_eq!(house.attempt("another", "wrong", HOME).await.status, 429);
    assert_eq!(house.attempt("another", "wrong", ELSEWHERE).await.status, 400);
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_address() {
    let house = House::new().await;
    for number in 0..50 {
        let address = format!("2001:db8:1:2:{number:x}::1");
        assert_eq!(house.attempt(&format!("name{number}"), "wrong", &address).await.status, 400);
    }
    assert_eq!(house.attempt("another", "wrong", "2001:db8:1:2:ffff::1").await.status, 429);
    assert_eq!(house.attempt("another", "wrong", "2001:db8:1:3::1").await.status, 400);
}

#[tokio::test]
async fn a_site_of_ipv6_has_a_limit_for_all_of_its_networks() {
    let house = House::new().await;
    for number in 0..250 {
        let address = format!("2001:db8:1:{number:x}::1");
        assert_eq!(house.attempt(&format!("name{number}"), "wrong", &address).await.status, 400);
    }
    assert_eq!(house.attempt("another", "wrong", "2001:db8:1:ffff::1").await.status, 429);
    assert_eq!(house.attempt("another", "wrong", "2001:db8:2::1").await.status, 400);
}

#[tokio::test]
async fn one_address_becomes_no_more_than_so_many_users() {
    let house = House::new().await;
    let register = async |name: &str, from: &str| {
        let fields = [("username", name), ("password", "a password of my own")];
        house.post("/register", &fields, from).await
    };
    for number in 0..19 {
        assert_eq!(register(&format!("name{number}"), HOME).await.status, 201);
    }
    assert_eq!(register("alice", HOME).await.status, 409, "asking for names counts too");
    assert_eq!(wait(&register("another", HOME).await), 3_600);
    assert_eq!(register("another", ELSEWHERE).await.status, 201);
    for number in 0..100 {
        let from = format!("2001:db8:1:{:x}::1", number / 20);
        assert_eq!(register(&format!("site{number}"), &from).await.status, 201);
    }
    assert_eq!(register("site", "2001:db8:1:ffff::1").await.status, 429);
    house.hand.forward(3_600);
    assert_eq!(register("site", HOME).await.status, 201);
}

#[tokio::test]
async fn many_addresses_together_have_a_limit_which_known_users_do_not_feel() {
    let limits = GuessingLimits {
        everyone: Pace {
            free: 30,
            wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(1),
            window: Duration::from_secs(3_600),
        },
        ..GuessingLimits::default()
    };
    let house = House::with(|builder| {
        builder.guessing_limits(limits).trusted_proxies(ForwardedHeader::XForwardedFor, ["127.0.0.1"])
    })
    .await;
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    for number in 0..30 {
        assert_eq!(house.attempt(&format!("name{number}"), "wrong", &format!("203.0.113.{number}")).await.status, 400);
    }
    assert_eq!(wait(&house.attempt("bob", "correct", ELSEWHERE).await), 1);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    house.hand.forward(1);
    assert_eq!(house.attempt("bob", "correct", ELSEWHERE).await.status, 200);
}

#[tokio::test]
async fn spoofed_forwarding_headers_change_nothing() {
    // Nobody is trusted: the address is that of the connection.
    let house = House::with(|builder| builder).await;
    for number in 0..50 {
        let spoofed = [format!("x-forwarded-for: 203.0.113.{number}"), format!("forwarded: for=203.0.113.{number}")];
        let spoofed: Vec<&str> = spoofed.iter().map(String::as_str).collect();
        assert_eq!(house.attempt_with(&format!("name{number}"), "wrong", &spoofed).await.status, 400);
    }
    assert_eq!(house.attempt_with("another", "wrong", &["x-forwarded-for: 203.0.113.99"]).await.status, 429);

    // A proxy is trusted: what the client wrote before its own address is not.
    let house = House::new().await;
    for number in 0..50 {
        let from = format!("203.0.113.{number}, 198.51.100.9");
        assert_eq!(house.attempt(&format!("name{number}"), "wrong", &from).await.status, 400);
    }
    assert_eq!(house.attempt("another", "wrong", "203.0.113.99, 198.51.100.9").await.status, 429);
    for header in ["forwarded: for=203.0.113.99", "x-real-ip: 203.0.113.99", "client-ip: 203.0.113.99"] {
        let answer = house.attempt_with("another", "wrong", &[header, "x-forwarded-for: 198.51.100.9"]).await;
        assert_eq!(answer.status, 429, "{header}");
    }
    // What cannot be read is nobody's address of their own, however it is written.
    for number in 0..50 {
        assert_eq!(house.attempt(&format!("more{number}"), "wrong", &format!("unknown{number}")).await.status, 400);
    }
    assert_eq!(house.attempt("another", "wrong", "garbage").await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lockout_races_win_no_further_guess() {
    let house = Arc::new(House::new().await);
    let guesses: Vec<_> = (0..64)
        .map(|number| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.attempt("alice", "wrong", &format!("192.0.2.{number}")).await.status })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            400 => looked_at += 1,
            429 => {}
            status => panic!("{status}"),
        }
    }
    assert_eq!((looked_at, house.hasher.taken()), (5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_right_logins_at_once_are_no_guessing() {
    let house = Arc::new(House::new().await);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    let logins: Vec<_> = (0..200)
        .map(|_| {
            let auth = house.auth.clone();
            let from = ClientAddress::from("192.0.2.1".parse::<std::net::IpAddr>().unwrap());
            tokio::spawn(async move { auth.verify_login("alice", &"correct".into(), from).await.map(|_| ()) })
        })
        .collect();
    for login in logins {
        assert_eq!(login.await.unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn hanging_up_is_a_guess_too() {
    let house = House::new().await;
    for _ in 0..5 {
        let mut stream = TcpStream::connect(house.server.address).await.unwrap();
        stream.write_all(request("alice", "wrong", &["x-forwarded-for: 192.0.2.7"]).as_bytes()).await.unwrap();
        while house.hasher.taken() == 0 {
            tokio::task::yield_now().await;
        }
        drop(stream);
    }
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 429);
}

/// Counters that are down when the test says so.
struct Frail(MemoryStore, Arc<AtomicBool>);

impl Frail {
    fn ask(&self) -> Result<&MemoryStore, StoreError> {
        if self.1.load(Ordering::SeqCst) { Err(StoreError::new("down, says the test")) } else { Ok(&self.0) }
    }
}

impl CounterStore for Frail {
    async fn take(&self, counters: &[Counter], now: u64) -> Result<Taken, StoreError> {
        self.ask()?.take(counters, now).await
    }

    async fn wait(&self, keys: &[&str], now: u64) -> Result<u64, StoreError> {
        CounterStore::wait(self.ask()?, keys, now).await
    }

    async fn give_back(&self, keys: &[&str], now: u64) -> Result<(), StoreError> {
        self.ask()?.give_back(keys, now).await
    }

    async fn remember(&self, key: &str, value: &str, now: u64, until: u64) -> Result<(), StoreError> {
        self.ask()?.remember(key, value, now, until).await
    }

    async fn remembers(&self, key: &str, value: &str, now: u64) -> Result<bool, StoreError> {
        self.ask()?.remembers(key, value, now).await
    }
}

#[tokio::test]
async fn without_counters_nobody_logs_in() {
    let down = Arc::new(AtomicBool::new(false));
    let counters = Frail(MemoryStore::new(), Arc::clone(&down));
    let house = House::with(|builder| builder.counters(counters)).await;
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
    down.store(true, Ordering::SeqCst);
    let answer = house.attempt("alice", "correct", HOME).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    down.store(false, Ordering::SeqCst);
    assert_eq!(house.attempt("alice", "correct", HOME).await.status, 200);
}

#[tokio::test]
async fn every_refused_login_looks_the_same_and_costs_one_hash() {
    let house = House::new().await;
    for _ in 0..100 {
        house.guess("locked", 1, ELSEWHERE).await;
        house.guess("nobody at all", 1, ELSEWHERE).await;
    }
    house.hand.forward(900);
    house.hasher.taken();
    let wrong = house.attempt("bob", "wrong", "192.0.2.1").await;
    assert_eq!((wrong.status, house.hasher.taken()), (400, 1));
    for (number, (name, password)) in [
        ("nobody", "correct"),
        ("disabled", "correct"),
        ("disabled", "wrong"),
        ("passwordless", "correct"),
        ("damaged", "nonsense"),
        ("locked", "correct"),
        ("nobody at all", "correct"),
        ("old", "wrong"),
    ]
    .into_iter()
    .enumerate()
    {
        let other = house.attempt(name, password, &format!("192.0.2.{}", 10 + number)).await;
        assert_eq!(seen(&wrong), seen(&other), "{name}");
        assert_eq!(house.hasher.taken(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_password_of_a_megabyte_costs_nothing() {
    let house = House::new().await;
    let password = Secret::new("x".repeat(1_025));
    let refused = house.auth.verify_login("alice", &password, ClientAddress::UNKNOWN).await;
    assert_eq!(refused.err(), Some(Refusal::BadLogin));
    assert_eq!(house.hasher.taken(), 0);
    assert!(house.auth.hash_password(Secret::new("x".repeat(1 << 20))).await.is_err());
}

#[tokio::test]
async fn the_address_is_that_of_the_connection() {
    #[get("/address")]
    #[public]
    async fn address(address: ClientAddress) -> String {
        format!("{:?}", address.ip())
    }
    let house = House::with(|builder| builder).await;
    let app = SecureRouter::new().mount(address).with_state(house.auth.clone());
    let server = Server::bind("127.0.0.1:0", app).await.unwrap();
    let bound: SocketAddr = server.address();
    tokio::spawn(server.run());
    let answer = TestServer { address: bound }.request("GET", "/address", &["x-forwarded-for: 192.0.2.1"]).await;
    assert_eq!(answer.body, "Some(127.0.0.1)");
}
