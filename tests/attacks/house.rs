//! A house with a door: users, a clock that the test moves, and a proxy that says where a try comes from.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use auth_runtime::{
    AuthBuilder, Clock, ForwardedHeader, HashError, MemoryStore, PasswordHasher, PoolSize, Randomness, Verdict,
    endpoints, endpoints::NewUser, prelude::*,
};
use tests::server::{Answer, TestServer};

#[derive(AuthUser, Clone)]
pub(crate) struct Member {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: Option<PasswordHash>,
}

impl NewUser for Member {
    fn new_user(username: String, password: PasswordHash) -> Self {
        Self { name: username, disabled: false, hash: Some(password) }
    }
}

/// Hashes in no time, and counts. `old:` is what a cheaper hasher wrote.
#[derive(Clone, Default)]
pub(crate) struct Counting(Arc<AtomicUsize>);

impl Counting {
    pub(crate) fn taken(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl PasswordHasher for Counting {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(format!("plain:{password}")))
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        let (kind, stored) = hash.expose().split_once(':').ok_or_else(|| HashError::new("unreadable"))?;
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(match kind {
            _ if stored != password => Verdict::Mismatch,
            "old" => Verdict::MatchOutdated,
            _ => Verdict::Match,
        })
    }
}

/// A clock that the test moves.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(crate) fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[token_endpoint("/token")]
async fn login(user: Member, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

fn router() -> SecureRouter<Auth<Member>> {
    SecureRouter::new().mount(login).nest("/account", endpoints::account()).merge(endpoints::registration())
}

pub(crate) struct House {
    pub(crate) server: TestServer,
    pub(crate) auth: Auth<Member>,
    pub(crate) hasher: Counting,
    pub(crate) hand: Hand,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder.trusted_proxies(ForwardedHeader::XForwardedFor, ["127.0.0.1"])).await
    }

    pub(crate) async fn with(more: impl FnOnce(AuthBuilder<Member>) -> AuthBuilder<Member>) -> Self {
        let member = |name: &str, hash: Option<&str>, disabled| Member {
            name: name.to_owned(),
            disabled,
            hash: hash.map(PasswordHash::from_stored),
        };
        let users = MemoryUsers::from_iter([
            member("alice", Some("plain:correct"), false),
            member("bob", Some("plain:correct"), false),
            member("disabled", Some("plain:correct"), true),
            member("passwordless", None, false),
            member("damaged", Some("nonsense"), false),
            member("old", Some("old:correct"), false),
            member("locked", Some("plain:correct"), false),
        ]);
        let hand = Hand(Arc::new(AtomicU64::new(1_800_000_000)));
        let clock = hand.clone();
        let hasher = Counting::default();
        let builder = Auth::builder(users)
            .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
            .sessions(MemoryStore::new())
            .password_hasher(hasher.clone())
            .hashing_pool(PoolSize { permits: NonZeroUsize::new(2).unwrap(), waiting: 1_000, nice: 0 })
            .clock(Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(clock.0.load(Ordering::SeqCst))));
        let auth = more(builder).build().unwrap();
        let server = TestServer::start(router().with_state(auth.clone())).await;
        Self { server, auth, hasher, hand }
    }

    /// One try, through a proxy that says where it comes from.
    pub(crate) async fn attempt(&self, name: &str, password: &str, from: &str) -> Answer {
        self.attempt_with(name, password, &[&format!("x-forwarded-for: {from}")]).await
    }

    pub(crate) async fn attempt_with(&self, name: &str, password: &str, headers: &[&str]) -> Answer {
        self.server.send(request(name, password, headers)).await
    }

    /// Another form, through the same proxy.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)], from: &str) -> Answer {
        self.server.send(form(path, fields, &[&format!("x-forwarded-for: {from}")])).await
    }

    /// A way to set a new password, as it is mailed.
    pub(crate) async fn reset(&self, name: &str, password: &str, from: &str) -> Answer {
        let token = self.auth.password_reset_token(name).await.unwrap().unwrap();
        self.post("/account/password/reset", &[("token", token.expose()), ("new_password", password)], from).await
    }

    /// Tries in vain, as soon as each may be made, until so many were looked at.
    pub(crate) async fn guess(&self, name: &str, times: usize, from: &str) {
        for _ in 0..times {
            let answer = self.attempt(name, "wrong", from).await;
            if answer.status == 429 {
                self.hand.forward(wait(&answer));
                assert_eq!(self.attempt(name, "wrong", from).await.status, 400);
            } else {
                assert_eq!(answer.status, 400, "{}", answer.body);
            }
        }
    }
}

pub(crate) fn request(name: &str, password: &str, headers: &[&str]) -> String {
    form("/token", &[("username", name), ("password", password)], headers)
}

fn form(path: &str, fields: &[(&str, &str)], headers: &[&str]) -> String {
    let escape = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let body = pairs.join("&");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{}", answer.body);
    answer.header("retry-after").unwrap().parse().unwrap()
}

/// What anybody can see of an answer.
pub(crate) fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (answer.status, headers, answer.body.clone())
}

pub(crate) const HOME: &str = "192.0.2.1";
pub(crate) const ELSEWHERE: &str = "198.51.100.9";
