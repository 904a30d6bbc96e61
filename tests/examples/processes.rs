//! Three processes of the token server on one PostgreSQL and one Redis.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth_runtime::{KeyFile, NewKey};
use tests::{
    server::{Answer, TestServer},
    services::Service,
};

use crate::process::{Example, Scratch};

const PROGRAM: &str = env!("CARGO_BIN_EXE_token_server");
const JOHN: &str = "username=johndoe&password=correct-horse-battery&scope=me+items";

/// What the processes share.
struct Shared {
    postgres: Service,
    redis: Service,
    scratch: Scratch,
}

impl Shared {
    async fn new() -> Self {
        let shared = Self { postgres: Service::postgres(), redis: Service::redis(), scratch: Scratch::new() };
        KeyFile::at(shared.keys()).rotate(&NewKey::default()).unwrap();
        shared
    }

    fn keys(&self) -> std::path::PathBuf {
        self.scratch.0.join("keys.json")
    }

    /// All at once, so that they make the tables at once.
    async fn start<const N: usize>(&self) -> [Example; N] {
        let starting: Vec<_> = (0..N)
            .map(|_| {
                let environment = [
                    ("DATABASE_URL", self.postgres.url()),
                    ("REDIS_URL", self.redis.url()),
                    ("KEYS", self.keys().display().to_string()),
                    ("ISSUER", "https://auth.example".to_owned()),
                ];
                let directory = self.scratch.0.clone();
                tokio::task::spawn_blocking(move || Example::start_with(PROGRAM, &directory, &environment))
            })
            .collect();
        let mut started = Vec::new();
        for one in starting {
            started.push(one.await.unwrap());
        }
        started.try_into().unwrap_or_else(|_| unreachable!())
    }
}

async fn renew(server: &TestServer, token: &str) -> Answer {
    server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={token}")).await
}

async fn log_in(server: &TestServer) -> (String, String) {
    tokens(&server.post_form("/token", JOHN).await)
}

fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn me(server: &TestServer, token: &str) -> u16 {
    server.get_as("/users/me", token).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and Redis: use tests/run"]
async fn what_one_does_the_others_know() {
    let shared = Shared::new().await;
    let [one, two, three] = shared.start().await;
    let servers = [&one.server, &two.server, &three.server];
    assert_eq!(one.server.post_form("/register", "username=johndoe&password=correct-horse-battery").await.status, 201);
    assert_eq!(
        two.server.post_form("/register", "username=johndoe&password=another-one-of-some-length").await.status,
        409
    );

    // A token of one is good at the others, and a revocation at one counts at the others from its answer on.
    for round in 0..30 {
        let [here, there, elsewhere] = [0, 1, 2].map(|shift| servers[(round + shift) % 3]);
        let (access, refresh) = log_in(here).await;
        for server in servers {
            assert_eq!(me(server, &access).await, 200);
        }
        let (access, refresh) = tokens(&{
            assert_eq!(me(there, &access).await, 200);
            renew(there, &refresh).await
        });
        let revoked = match round % 3 {
            0 => elsewhere.post_form("/revoke", &format!("token={refresh}")).await.status == 200,
            1 => {
                let headers = format!("authorization: Bearer {access}");
                elsewhere.request("POST", "/logout", &[&headers, "content-length: 0"]).await.status == 204
            }
            // A refresh token that is used twice.
            _ => {
                let (_, _) = tokens(&renew(here, &refresh).await);
                renew(elsewhere, &refresh).await.status == 400
            }
        };
        assert!(revoked);
        for server in servers {
            assert_eq!(me(server, &access).await, 401, "round {round}");
            assert_eq!(renew(server, &refresh).await.status, 400, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and Redis: use tests/run"]
async fn keys_rotate_under_load_without_one_failed_request() {
    let shared = Shared::new().await;
    let [one, two, three] = shared.start().await;
    assert_eq!(one.server.post_form("/register", "username=johndoe&password=correct-horse-battery").await.status, 201);
    // Who is known here may log in many times at once.
    log_in(&one.server).await;
    let addresses = [one.server.address, two.server.address, three.server.address];
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, keys) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(HashSet::new())));
    let workers: Vec<_> = (0..6)
        .map(|worker: usize| {
            let (stop, asked, keys) = (Arc::clone(&stop), Arc::clone(&asked), Arc::clone(&keys));
            tokio::spawn(async move {
                let server = |number: usize| TestServer { address: addresses[number % 3] };
                let (mut access, mut refresh) = log_in(&server(worker)).await;
                for number in worker.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    // Signed here, and shown to another at once.
                    let answer = server(number + 1).get_as("/users/me", &access).await;
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    (access, refresh) = tokens(&renew(&server(number), &refresh).await);
                    keys.lock().unwrap().insert(access.split('.').next().unwrap().to_owned());
                    asked.fetch_add(2, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let file = KeyFile::at(shared.keys());
    for number in 1..=3 {
        // Longer than the ten seconds after which the last of the processes has read the file again; and, the last time, at
        // once, so that the others learn of it from the first token that they are shown.
        let begins_in = Duration::from_secs(if number == 3 { 0 } else { 12 });
        file.rotate(&NewKey { begins_in, ..NewKey::default() }).unwrap();
        let patience = std::time::Instant::now() + Duration::from_secs(120);
        while keys.lock().unwrap().len() <= number {
            assert!(std::time::Instant::now() < patience, "key {number} does not come to sign");
            assert!(!workers.iter().any(tokio::task::JoinHandle::is_finished), "a request failed");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(keys.lock().unwrap().len(), 4);
    assert!(asked.load(Ordering::SeqCst) > 100, "there was load");
    let served = three.server.get("/.well-known/jwks.json").await.json();
    assert_eq!(served["keys"].as_array().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and Redis: use tests/run"]
async fn one_is_killed_in_the_middle_and_nothing_is_lost_or_doubled() {
    let shared = Shared::new().await;
    let [victim, other] = shared.start().await;
    assert_eq!(
        other.server.post_form("/register", "username=johndoe&password=correct-horse-battery").await.status,
        201
    );
    let address = victim.server.address;
    // What each client holds: the last refresh token that it was given, and the one that it has just tried to renew.
    let clients: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(async move {
                let (_, mut last) = log_in(&TestServer { address }).await;
                loop {
                    let attempt = try_renew(address, &last).await;
                    match attempt {
                        Some(next) => last = next,
                        None => return last,
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(victim);
    let mut went_on = 0;
    for client in clients {
        let last = client.await.unwrap();
        // Either it was used, and its successor is lost with the process: then nobody else has it, and using it again ends the
        // session. Or it was not, and is as good as before.
        let answer = renew(&other.server, &last).await;
        match answer.status {
            200 => {
                went_on += 1;
                let (access, next) = tokens(&answer);
                assert_eq!(me(&other.server, &access).await, 200);
                assert_eq!(renew(&other.server, &last).await.status, 400, "and not twice");
                assert_eq!(renew(&other.server, &next).await.status, 400, "which ended the session");
            }
            400 => assert_eq!(answer.json()["error"], "invalid_grant"),
            status => panic!("{status}: {}", answer.body),
        }
    }
    let (access, _) = log_in(&other.server).await;
    assert_eq!(
        me(&other.server, &access).await,
        200,
        "{went_on} sessions went on, and the other process did all along"
    );
    let listed = other.server.get_as("/sessions", &access).await.json();
    let ids: HashSet<&str> = listed.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), listed.as_array().unwrap().len(), "no session is there twice");
}

/// `None` if the connection breaks.
async fn try_renew(address: std::net::SocketAddr, token: &str) -> Option<String> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = reqwest::Client::new().post(format!("http://{address}/token")).form(&form).send().await.ok()?;
    assert_eq!(answer.status(), 200);
    let body: serde_json::Value = answer.json().await.ok()?;
    Some(body["refresh_token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and Redis: use tests/run"]
async fn the_servers_recover_when_their_databases_do() {
    let mut shared = Shared::new().await;
    let [one, two, three] = shared.start().await;
    assert_eq!(one.server.post_form("/register", "username=johndoe&password=correct-horse-battery").await.status, 201);
    let (access, refresh) = log_in(&one.server).await;
    let (revoked, _) = log_in(&two.server).await;
    let logout = format!("authorization: Bearer {revoked}");
    assert_eq!(three.server.request("POST", "/logout", &[&logout, "content-length: 0"]).await.status, 204);

    shared.postgres.kill();
    shared.redis.kill();
    for server in [&one.server, &two.server, &three.server] {
        assert_eq!(me(server, &access).await, 503);
        assert_eq!(me(server, &revoked).await, 503);
    }
    shared.redis.start();
    shared.postgres.start();
    for server in [&one.server, &two.server, &three.server] {
        let ask = async || server.get_once_as("/users/me", &access).await.status;
        let mut answer = ask().await;
        for _ in 0..300 {
            if answer != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = ask().await;
        }
        assert_eq!(answer, 200);
        assert_eq!(me(server, &revoked).await, 401);
    }
    let (access, _) = tokens(&renew(&three.server, &refresh).await);
    assert_eq!(me(&one.server, &access).await, 200);
}
