//! A guard does only the work that its policy needs; a login costs one hash; what is down is a refusal.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use auth_runtime::{
    AccessClaims, Argon2id, ClientAddress, HashError, IssuedToken, Lookup, MemoryStore, PasswordHasher, Refusal,
    StoreError, TokenError, TokenFormat, TokenRequest, UserStore, Verdict, prelude::*,
};
use axum::extract::State;
use tests::{User, server::TestServer};

use crate::support::{ALICE, JOHN, key, router, token_of, user, users};

/// What was asked of the parts.
#[derive(Default)]
struct Counts {
    lookups: AtomicUsize,
    hashes: AtomicUsize,
    upgrades: AtomicUsize,
    down: AtomicBool,
}

impl Counts {
    fn take(counter: &AtomicUsize) -> usize {
        counter.swap(0, Ordering::SeqCst)
    }
}

struct CountingUsers {
    counts: Arc<Counts>,
    users: MemoryUsers<User>,
}

impl UserStore for CountingUsers {
    type User = User;

    async fn find(&self, username: &str) -> Result<Option<User>, StoreError> {
        self.counts.lookups.fetch_add(1, Ordering::SeqCst);
        if self.counts.down.load(Ordering::SeqCst) {
            return Err(StoreError::new("the database is down, says the test"));
        }
        self.users.find(username).await
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        self.counts.upgrades.fetch_add(1, Ordering::SeqCst);
        self.users.replace_password_hash(username, old, new).await
    }
}

struct CountingHasher {
    counts: Arc<Counts>,
    hasher: Argon2id,
}

impl PasswordHasher for CountingHasher {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        self.counts.hashes.fetch_add(1, Ordering::SeqCst);
        self.hasher.hash(password)
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        let verdict = self.hasher.verify(password, hash)?;
        // What cannot be read costs nothing.
        self.counts.hashes.fetch_add(1, Ordering::SeqCst);
        Ok(verdict)
    }
}

async fn serve(hasher: Argon2id) -> (TestServer, Arc<Counts>, Auth<User>) {
    let counts = Arc::new(Counts::default());
    let users = users();
    users.insert(User { hashed_password: PasswordHash::from_stored("secret"), ..user("broken", "secret", false) });
    let auth = Auth::builder(CountingUsers { counts: Arc::clone(&counts), users })
        .signing_key(key())
        .password_hasher(CountingHasher { counts: Arc::clone(&counts), hasher })
        .build()
        .unwrap();
    Counts::take(&counts.hashes);
    (TestServer::start(router().with_state(auth.clone())).await, counts, auth)
}

#[tokio::test]
async fn a_guard_looks_up_a_user_only_where_one_is_needed() {
    let (server, counts, auth) = serve(Argon2id::default()).await;
    let token = token_of(&auth, "johndoe", &["me", "items"]).await;
    for (path, lookups) in [
        ("/public", 0),
        ("/token-only", 0),
        ("/scoped", 0),
        ("/optional", 1),
        ("/user", 1),
        ("/active", 1),
        ("/both", 1),
    ] {
        for seen in ["first", "known"] {
            assert_eq!(server.get_once_as(path, &token).await.status, 200, "{path}");
            assert_eq!(Counts::take(&counts.lookups), lookups, "{path}, with a token that is {seen}");
        }
        server.get(path).await;
        server.get_as(path, "garbage").await;
        assert_eq!(Counts::take(&counts.lookups), 0, "{path}: a stranger costs no lookup");
    }
    assert_eq!(Counts::take(&counts.hashes), 0, "no guard hashes");
}

#[tokio::test]
async fn every_login_costs_one_hash() {
    let (server, counts, _) = serve(Argon2id::default()).await;
    for form in
        [ALICE, "username=johndoe&password=wrong", "username=nobody&password=secret", "username=broken&password=secret"]
    {
        server.post_form("/token", form).await;
        assert_eq!(Counts::take(&counts.hashes), 1, "{form}");
        assert_eq!(Counts::take(&counts.lookups), 1, "{form}");
    }
    assert_eq!(server.post_form("/token", JOHN).await.status, 200);
    let costs = (Counts::take(&counts.hashes), Counts::take(&counts.lookups));
    assert_eq!(costs, (1, 2), "once the session has begun, the user is looked up again");
    server.post_form("/token", "username=johndoe").await;
    server.post_form("/token", &format!("{JOHN}&scope=nonsense")).await;
    assert_eq!((Counts::take(&counts.hashes), Counts::take(&counts.lookups)), (0, 0), "a bad form costs nothing");
}

/// Folding and looking up cost what a name is long; nobody has a name that is longer than any that is kept.
#[tokio::test]
async fn a_name_that_nobody_can_have_is_answered_as_one_that_nobody_has() {
    let (server, counts, auth) = serve(Argon2id::default()).await;
    let longest = "\u{fdfa}".repeat(84) + "ab";
    assert_eq!(longest.len(), 254);
    let unknown = server.post_form("/token", &format!("username={longest}&password=secret")).await;
    assert_eq!((Counts::take(&counts.hashes), Counts::take(&counts.lookups)), (1, 1), "the longest is looked up");
    for name in [longest.clone() + "c", "\u{fdfa}".repeat(20_000)] {
        let answer = server.post_form("/token", &format!("username={name}&password=secret")).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body));
        assert_eq!((Counts::take(&counts.hashes), Counts::take(&counts.lookups)), (1, 0));
        assert!(auth.password_reset_token(&name).await.unwrap().is_none());
        assert!(auth.register(&user(&name, "secret", false), ClientAddress::UNKNOWN).await.is_err());
        assert_eq!(Counts::take(&counts.lookups), 0);
    }
}

/// A store in which the owner changes the password while a login is on its way.
struct Changing(MemoryUsers<User>);

impl UserStore for Changing {
    type User = User;

    async fn find(&self, username: &str) -> Result<Option<User>, StoreError> {
        let found = self.0.find(username).await;
        self.0.insert(User { hashed_password: PasswordHash::from_stored("changed"), ..user(username, "x", false) });
        found
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        self.0.replace_password_hash(username, old, new).await
    }
}

#[tokio::test]
async fn an_upgrade_never_brings_back_a_password_that_was_changed() {
    let users = Arc::new(Changing(users()));
    let auth = Auth::builder(Arc::clone(&users))
        .signing_key(key())
        .password_hasher(Argon2id::new(2 * 19_456, 2, 1).unwrap())
        .build()
        .unwrap();
    let refused = auth.verify_login("johndoe", &"secret".into(), ClientAddress::UNKNOWN).await;
    assert_eq!(refused.err(), Some(Refusal::BadLogin), "it is not the user's password any more");
    let stored = users.0.find("johndoe").await.unwrap().unwrap().hashed_password;
    assert_eq!(stored, PasswordHash::from_stored("changed"));
}

/// What the owner does while a login is on its way, after its password was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    Changes,
    Disables,
    Deletes,
}

#[derive(Clone)]
struct Owned {
    auth: Auth<User>,
    meanwhile: Arc<Mutex<Meanwhile>>,
}

impl AuthState for Owned {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

#[token_endpoint("/slow")]
async fn slow_login(user: User, State(owned): State<Owned>, _form: PasswordRequestForm) -> Grant {
    let (auth, meanwhile) = (&owned.auth, *owned.meanwhile.lock().unwrap());
    match meanwhile {
        Meanwhile::Nothing => {}
        Meanwhile::Changes => {
            let new = Secret::new("another password of hers");
            let changed = auth.change_password("johndoe", &"secret".into(), new, ClientAddress::UNKNOWN).await;
            changed.unwrap();
        }
        Meanwhile::Disables => auth.disable_user("johndoe").await.unwrap(),
        Meanwhile::Deletes => auth.delete_user("johndoe").await.unwrap(),
    }
    Grant::to(user)
}

/// Otherwise whoever knows a password logs in without pause, and has a session that outlives the change of it.
#[tokio::test]
async fn a_login_under_way_does_not_outlive_the_end_of_all_sessions() {
    for meanwhile in [Meanwhile::Nothing, Meanwhile::Changes, Meanwhile::Disables, Meanwhile::Deletes] {
        let store = MemoryStore::new();
        let auth = Auth::builder(users()).signing_key(key()).sessions(store).build().unwrap();
        let owned = Owned { auth: auth.clone(), meanwhile: Arc::new(Mutex::new(meanwhile)) };
        let server = TestServer::start(SecureRouter::new().mount(slow_login).with_state(owned)).await;
        let answer = server.post_form("/slow", JOHN).await;
        let left = auth.sessions("johndoe").await.unwrap().len();
        let expected = if meanwhile == Meanwhile::Nothing { (200, 1) } else { (400, 0) };
        assert_eq!((answer.status, left), expected, "{meanwhile:?}: {}", answer.body);
    }
}

/// Whatever it is asked, the password is right.
struct Gullible;

impl PasswordHasher for Gullible {
    fn hash(&self, _: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored("anything"))
    }

    fn verify(&self, _: &str, _: &PasswordHash) -> Result<Verdict, HashError> {
        Ok(Verdict::Match)
    }
}

#[derive(AuthUser, Clone)]
#[auth(always_active)]
struct Guest {
    #[auth(username)]
    name: String,
    #[auth(password_hash)]
    hash: Option<PasswordHash>,
}

#[tokio::test]
async fn who_has_no_password_cannot_log_in_whatever_the_hasher_says() {
    let guest = |name: &str, hash| Guest { name: name.to_owned(), hash };
    let users = MemoryUsers::from_iter([guest("without", None), guest("with", Some(PasswordHash::from_stored("x")))]);
    let auth = Auth::builder(users).signing_key(key()).password_hasher(Gullible).build().unwrap();
    assert!(auth.verify_login("with", &"x".into(), ClientAddress::UNKNOWN).await.is_ok());
    for username in ["without", "nobody", ""] {
        assert!(auth.verify_login(username, &"x".into(), ClientAddress::UNKNOWN).await.is_err(), "{username}");
    }
}

#[tokio::test]
async fn an_unreadable_hash_admits_nobody() {
    let (server, _, _) = serve(Argon2id::default()).await;
    assert_eq!(server.post_form("/token", "username=broken&password=secret").await.status, 400);
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_at_the_next_login_and_only_on_success() {
    let (server, counts, _) = serve(Argon2id::new(2 * 19_456, 2, 1).unwrap()).await;
    server.post_form("/token", "username=johndoe&password=wrong").await;
    assert_eq!(Counts::take(&counts.upgrades), 0);
    server.log_in("/token", JOHN).await;
    assert_eq!(Counts::take(&counts.upgrades), 1);
    server.log_in("/token", JOHN).await;
    assert_eq!(Counts::take(&counts.upgrades), 0);
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_never_an_accepted_request() {
    let (server, counts, auth) = serve(Argon2id::default()).await;
    let token = token_of(&auth, "johndoe", &["me", "items"]).await;
    counts.down.store(true, Ordering::SeqCst);
    for path in ["/user", "/active", "/both", "/optional"] {
        let answer = server.get_as(path, &token).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{path}");
        assert!(!answer.body.contains("says the test"), "{}", answer.body);
    }
    let answer = server.post_form("/token", JOHN).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(server.get("/public").await.status, 200);
    assert_eq!(server.get("/active").await.status, 401);
}

/// A format that cannot say whether a token is genuine.
struct Down;

impl TokenFormat for Down {
    async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Err(StoreError::new("down"))
    }

    async fn verify(&self, _: &str) -> Result<AccessClaims, TokenError> {
        Err(StoreError::new("down").into())
    }
}

#[tokio::test]
async fn a_token_format_that_is_down_is_503() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let auth = Auth::builder(users()).token_format(Down).profile(profile).build().unwrap();
        let server = TestServer::start(router().with_state(auth)).await;
        assert_eq!(server.get_as("/scoped", "x").await.status, 503);
        assert_eq!(server.post_form("/token", JOHN).await.status, 503);
        assert_eq!(server.get("/scoped").await.status, 401);
    }
}

/// Users in memory, who count how often they were asked for by `find`.
struct Counted(MemoryUsers<User>, AtomicUsize);

impl UserStore for Counted {
    type User = User;

    async fn find(&self, username: &str) -> Result<Option<User>, StoreError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.find(username).await
    }

    fn find_shared(&self, username: &str) -> Lookup<'_, User> {
        self.0.find_shared(username)
    }

    async fn replace_password_hash(&self, _: &str, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_guard_takes_users_who_are_at_hand_and_a_login_does_not() {
    let users = Arc::new(Counted(users(), AtomicUsize::new(0)));
    let auth = Auth::builder(Arc::clone(&users)).signing_key(key()).build().unwrap();
    let server = TestServer::start(router().with_state(auth)).await;
    let token = server.log_in("/token", JOHN).await;
    let asked = || users.1.load(Ordering::SeqCst);
    let by_login = asked();
    assert!(by_login > 0, "who is in memory would be refused faster than who is not");
    for _ in 0..2 {
        assert_eq!(server.get_as("/active", &token).await.status, 200);
    }
    assert_eq!(asked(), by_login);
    for form in ["username=johndoe&password=wrong", "username=nobody&password=wrong"] {
        let before = asked();
        assert_eq!(server.post_form("/token", form).await.status, 400);
        assert!(asked() > before, "{form}");
    }
}
