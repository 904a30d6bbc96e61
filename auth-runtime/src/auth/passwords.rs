//! Verifying a password, and replacing its hash.

use super::Auth;
use crate::{
    address::ClientAddress,
    error::{Profile, Refusal},
    password::{HashingTurn, PasswordFault, PasswordHash, Place, PoolError, Verdict, is_too_long},
    secret::Secret,
    user::{AuthUser, is_too_long_a_name},
    watch::AuditEvent,
};

/// Who has logged in, by which password.
pub(crate) struct LoggedIn {
    username: String,
    hash: Option<PasswordHash>,
}

impl LoggedIn {
    pub(crate) fn of<U: AuthUser>(user: &U) -> Self {
        Self { username: user.username().to_owned(), hash: user.password_hash().cloned() }
    }
}

/// Why a try is refused: for the client, and for whoever watches.
struct Denied {
    refusal: Refusal,
    reason: &'static str,
}

impl Denied {
    fn bad_login(reason: &'static str) -> Self {
        Self { refusal: Refusal::BadLogin, reason }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        let reason = refusal.event();
        Self { refusal, reason }
    }
}

impl From<PoolError> for Denied {
    fn from(error: PoolError) -> Self {
        if let PoolError::Hash(error) = error {
            tracing::error!(event = "password.hash_failed", %error);
        }
        Self { refusal: Refusal::Unavailable, reason: "busy" }
    }
}

impl<U: AuthUser> Auth<U> {
    /// The user whose password this is, for a request from this address.
    ///
    /// Costs exactly one hash, whether the user exists or not, and the same one whatever is stored: who is unknown, disabled,
    /// locked or without a password cannot be told from who has another one. It is held to the
    /// [limits on guessing](super::GuessingLimits). A stored hash with outdated parameters is replaced once its password is known to
    /// be right.
    ///
    /// # Errors
    /// [`Refusal::BadLogin`] for an unknown user, a wrong password or an unreadable hash, and for a disabled user in
    /// [`Profile::Standard`]; [`Refusal::TooManyAttempts`]; [`Refusal::Unavailable`] if a store is down or too many logins
    /// wait.
    pub async fn verify_login(&self, username: &str, password: &Secret, address: ClientAddress) -> Result<U, Refusal> {
        let (user, judged) = match self.find_at_login(username, password).await {
            Ok((place, mut user)) => {
                let judged = self.judge(place, &mut user, username, password, address).await;
                (user, judged)
            }
            Err(denied) => (None, Err(denied)),
        };
        // Who is unknown is not named: people type passwords into the field for the username.
        let named = user.as_ref().map(AuthUser::username);
        let about = |event: &'static str| AuditEvent { user: named, address: address.ip(), ..AuditEvent::new(event) };
        match judged {
            Ok(()) => self.record(&about("login.granted")),
            Err(Denied { refusal, reason }) => {
                self.record(&AuditEvent { reason: Some(reason), ..about("login.refused") });
                return Err(refusal);
            }
        }
        user.ok_or(Refusal::BadLogin)
    }

    /// A place in the queue for hashes, and the user of this name.
    async fn find_at_login(&self, username: &str, password: &Secret) -> Result<(Place<'_>, Option<U>), Denied> {
        if is_too_long(password) {
            return Err(Denied::bad_login("too_long"));
        }
        let place = self.0.pool.enter()?;
        Ok((place, self.find_named(username).await?))
    }

    /// Whether this is the user's password. Whoever the user is, and whether there is one, costs the same one hash. A user
    /// whose hash is replaced is looked up again: what is stored then, is the store's to say.
    async fn judge(
        &self,
        place: Place<'_>,
        found: &mut Option<U>,
        username: &str,
        password: &Secret,
        address: ClientAddress,
    ) -> Result<(), Denied> {
        let user = found.as_ref();
        // By the name in the store, where there may be several names for one account.
        let unknown = if is_too_long_a_name(username) { "" } else { username };
        let name = user.map_or(unknown, AuthUser::username);
        let stored = user.and_then(AuthUser::password_hash);
        let attempt = self.attempt(name, stored, address).await?;
        let turn = place.turn().await?;
        let counted = self.count_attempt(&attempt).await?;
        let looked_at = stored.filter(|_| !counted.locked).cloned();
        let verdict = turn.verify(password.clone(), looked_at, self.0.decoy.clone()).await?;
        if counted.locked {
            let user = user.map(AuthUser::username);
            self.record(&AuditEvent { user, address: address.ip(), ..AuditEvent::new("login.locked") });
            return Err(Denied::bad_login("locked"));
        }
        let user = user.ok_or(Denied::bad_login("unknown_user"))?;
        let stored = stored.ok_or(Denied::bad_login("no_password"))?;
        let is_outdated = match verdict {
            Err(error) => {
                tracing::error!(event = "login.unreadable_hash", %error);
                return Err(Denied::bad_login("unreadable_hash"));
            }
            Ok(Verdict::Mismatch) => return Err(Denied::bad_login("wrong_password")),
            Ok(Verdict::Match | Verdict::MatchOutdated)
                if user.is_disabled() && self.0.answers.profile == Profile::Standard =>
            {
                return Err(Denied::bad_login("disabled"));
            }
            Ok(verdict) => verdict == Verdict::MatchOutdated,
        };
        self.attempt_succeeded(&counted).await;
        let stored = if is_outdated {
            let upgraded = self.upgrade_hash(&turn, name, stored, password).await;
            let now = self.find_user(name).await?;
            let hash = now.as_ref().and_then(AuthUser::password_hash).cloned();
            // A password that was changed meanwhile is another one than was verified.
            let is_of_this_password =
                hash.as_ref().is_some_and(|hash| hash == stored || Some(hash) == upgraded.as_ref());
            let hash = hash.filter(|_| is_of_this_password).ok_or(Denied::bad_login("wrong_password"))?;
            *found = now;
            hash
        } else {
            stored.clone()
        };
        self.make_familiar(found.as_ref().map_or(unknown, AuthUser::username), &stored, address).await;
        // Only now: of those that are counted and may yet turn out right, there are no more than turns.
        drop(turn);
        Ok(())
    }

    /// Whether the password with which this user has logged in is still the user's, and the user may still log in. Asked when
    /// a session has begun: one that was begun while all others were ended must not outlive them.
    pub(crate) async fn is_still_good(&self, logged_in: &LoggedIn) -> Result<bool, Refusal> {
        let user = self.find_user(&logged_in.username).await?;
        let may_log_in = |user: &U| !user.is_disabled() || self.0.answers.profile != Profile::Standard;
        Ok(user.filter(may_log_in).is_some_and(|user| user.password_hash() == logged_in.hash.as_ref()))
    }

    /// Whoever has a name that somebody typed. One that is longer than any that is kept is nobody's, and no work is done for it.
    pub(super) async fn find_named(&self, username: &str) -> Result<Option<U>, Refusal> {
        if is_too_long_a_name(username) { Ok(None) } else { self.find_user(username).await }
    }

    /// The hash that is stored from now on. Failing to replace an outdated one is no reason to refuse the login: it will be
    /// tried again at the next.
    async fn upgrade_hash(
        &self,
        turn: &HashingTurn,
        username: &str,
        outdated: &PasswordHash,
        password: &Secret,
    ) -> Option<PasswordHash> {
        let hash = turn
            .hash(password.clone())
            .await
            .inspect_err(|error| tracing::warn!(event = "password.upgrade_failed", user = ?username, ?error));
        let hash = hash.ok()?;
        match self.within(self.0.users.replace_password_hash(username, outdated, &hash)).await {
            Ok(()) => {
                self.record(&AuditEvent::of("password.upgraded", username));
                Some(hash)
            }
            Err(error) => {
                tracing::warn!(event = "password.upgrade_failed", user = ?username, %error);
                None
            }
        }
    }

    /// A hash of a new password, made on the pool, to be stored.
    ///
    /// # Errors
    /// [`Refusal::WeakPassword`] for one that is longer than any password, [`Refusal::Unavailable`] if too many logins wait, or
    /// without memory or randomness.
    pub async fn hash_password(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        if is_too_long(&password) {
            return Err(Refusal::WeakPassword(PasswordFault::TooLong));
        }
        self.0.pool.hash(password).await.map_err(|error| {
            tracing::warn!(event = "password.hash_failed", ?error);
            Refusal::Unavailable
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::IpAddr,
        num::NonZeroUsize,
        sync::{Arc, Mutex},
        time::{Duration, UNIX_EPOCH},
    };

    use super::*;
    use crate::{
        ambient::{Clock, Randomness},
        auth::{AuthBuilder, GuessingLimits},
        password::{HashError, PasswordHasher, PoolSize},
        store::{MemoryStore, MemoryUsers, UserStore},
        token::SigningKey,
    };

    #[derive(Clone)]
    struct Member {
        name: &'static str,
        disabled: bool,
        hash: Option<PasswordHash>,
    }

    impl AuthUser for Member {
        fn username(&self) -> &str {
            self.name
        }

        fn is_disabled(&self) -> bool {
            self.disabled
        }

        fn password_hash(&self) -> Option<&PasswordHash> {
            self.hash.as_ref()
        }

        fn set_password_hash(&mut self, hash: PasswordHash) {
            self.hash = Some(hash);
        }
    }

    /// Hashes in no time. `old:` is outdated; what is of neither kind cannot be read.
    struct Plain;

    impl PasswordHasher for Plain {
        fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
            match password {
                "no memory for this" => Err(HashError::new("no memory")),
                _ => Ok(PasswordHash::from_stored(format!("plain:{password}"))),
            }
        }

        fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
            let (kind, stored) = hash.expose().split_once(':').ok_or_else(|| HashError::new("unreadable"))?;
            Ok(match (kind, stored == password) {
                (_, false) => Verdict::Mismatch,
                ("old", true) => Verdict::MatchOutdated,
                (_, true) => Verdict::Match,
            })
        }
    }

    type Told = (&'static str, Option<String>, Option<IpAddr>, Option<&'static str>);

    struct House {
        auth: Auth<Member>,
        users: MemoryUsers<Member>,
        told: Arc<Mutex<Vec<Told>>>,
    }

    const HOME: &str = "192.0.2.1";

    impl House {
        fn with(more: impl FnOnce(AuthBuilder<Member>) -> AuthBuilder<Member>) -> Self {
            let member = |name, hash: Option<&str>, disabled| Member {
                name,
                disabled,
                hash: hash.map(PasswordHash::from_stored),
            };
            let users = MemoryUsers::from_iter([
                member("alice", Some("plain:correct"), false),
                member("outdated", Some("old:correct"), false),
                member("unlucky", Some("old:no memory for this"), false),
                member("disabled", Some("plain:correct"), true),
                member("passwordless", None, false),
                member("damaged", Some("nonsense"), false),
            ]);
            let told = Arc::new(Mutex::new(Vec::new()));
            let sink = Arc::clone(&told);
            let builder = Auth::builder(users.clone())
                .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
                .password_hasher(Plain)
                .clock(Clock::from_fn(|| UNIX_EPOCH + Duration::from_secs(1_800_000_000)))
                .audit(move |event: &AuditEvent<'_>| {
                    let told = (event.event, event.user.map(str::to_owned), event.address, event.reason);
                    sink.lock().unwrap().push(told);
                });
            Self { auth: more(builder).build().unwrap(), users, told }
        }

        async fn try_as(&self, name: &str, password: &str) -> Result<&'static str, Refusal> {
            let from = ClientAddress::from(HOME.parse::<IpAddr>().unwrap());
            self.auth.verify_login(name, &password.into(), from).await.map(|user| user.name)
        }

        fn told(&self) -> Vec<Told> {
            std::mem::take(&mut self.told.lock().unwrap())
        }
    }

    /// What is told of a try from home.
    fn at_home(event: &'static str, user: Option<&str>, reason: Option<&'static str>) -> Told {
        (event, user.map(str::to_owned), Some(HOME.parse().unwrap()), reason)
    }

    #[tokio::test]
    async fn every_login_is_told_with_its_user_its_address_and_its_reason() {
        let house = House::with(|builder| builder);
        assert_eq!(house.try_as("alice", "correct").await, Ok("alice"));
        assert_eq!(house.told(), [at_home("login.granted", Some("alice"), None)]);
        for (name, password, reason) in [
            ("alice", "wrong", "wrong_password"),
            ("disabled", "correct", "disabled"),
            ("disabled", "wrong", "wrong_password"),
            ("passwordless", "correct", "no_password"),
            ("damaged", "nonsense", "unreadable_hash"),
        ] {
            assert_eq!(house.try_as(name, password).await, Err(Refusal::BadLogin), "{name}");
            assert_eq!(house.told(), [at_home("login.refused", Some(name), Some(reason))]);
        }
        // People type passwords into the field for the username.
        for (name, password, reason) in
            [("nobody", "correct", "unknown_user"), ("alice", &"x".repeat(1_025), "too_long")]
        {
            assert_eq!(house.try_as(name, password).await, Err(Refusal::BadLogin), "{name}");
            assert_eq!(house.told(), [at_home("login.refused", None, Some(reason))]);
        }
    }

    #[tokio::test]
    async fn a_locked_account_is_told_of_and_no_password_opens_it() {
        let limits = GuessingLimits { lock_after: 2, familiar_for: Duration::ZERO, ..GuessingLimits::NONE };
        let house = House::with(|builder| builder.guessing_limits(limits));
        for (name, known) in [("alice", Some("alice")), ("nobody", None)] {
            assert_eq!(house.try_as(name, "wrong").await, Err(Refusal::BadLogin));
            assert_eq!(house.try_as(name, "wrong").await, Err(Refusal::BadLogin));
            assert!(house.told().iter().all(|told| told.0 == "login.refused" && told.3 != Some("locked")));
            assert_eq!(house.try_as(name, "correct").await, Err(Refusal::BadLogin));
            let expected = [at_home("login.locked", known, None), at_home("login.refused", known, Some("locked"))];
            assert_eq!(house.told(), expected);
        }
        let house = House::with(|builder| builder.guessing_limits(limits));
        assert_eq!(house.try_as("alice", "wrong").await, Err(Refusal::BadLogin));
        assert_eq!(house.try_as("alice", "correct").await, Ok("alice"), "the last try before it is locked");
    }

    #[tokio::test]
    async fn addresses_are_kept_for_as_long_as_they_are_familiar_and_not_at_all_where_none_are() {
        for (limits, kept) in [(GuessingLimits::default(), true), (GuessingLimits::NONE, false)] {
            let store = MemoryStore::new();
            let house = House::with(|builder| builder.guessing_limits(limits).counters(store.clone()));
            assert_eq!(house.try_as("alice", "wrong").await, Err(Refusal::BadLogin));
            let is_empty = || format!("{store:?}").contains("remembered: {}");
            assert!(is_empty());
            assert_eq!(house.try_as("alice", "correct").await, Ok("alice"));
            assert_eq!(is_empty(), !kept);
        }
    }

    #[tokio::test]
    async fn a_disabled_user_logs_in_where_the_profile_is_fastapis() {
        let house = House::with(|builder| builder.profile(Profile::FastApi));
        assert_eq!(house.try_as("disabled", "correct").await, Ok("disabled"));
        assert_eq!(house.try_as("disabled", "wrong").await, Err(Refusal::BadLogin));
        assert_eq!(house.try_as("alice", "correct").await, Ok("alice"));
    }

    #[tokio::test]
    async fn an_outdated_hash_is_replaced_and_where_it_cannot_be_the_login_is_granted() {
        let house = House::with(|builder| builder);
        assert_eq!(house.try_as("outdated", "wrong").await, Err(Refusal::BadLogin));
        assert_eq!(house.told().len(), 1);
        for (name, password, stored) in
            [("outdated", "correct", "plain:correct"), ("unlucky", "no memory for this", "old:no memory for this")]
        {
            assert_eq!(house.try_as(name, password).await, Ok(name));
            let user = house.users.find(name).await.unwrap().unwrap();
            assert_eq!(user.hash.unwrap().expose(), stored);
        }
        let expected = [
            ("password.upgraded", Some("outdated".to_owned()), None, None),
            at_home("login.granted", Some("outdated"), None),
            at_home("login.granted", Some("unlucky"), None),
        ];
        assert_eq!(house.told(), expected);
    }

    #[tokio::test]
    async fn a_new_password_is_hashed_unless_it_is_too_long_or_cannot_be() {
        let house = House::with(|builder| builder);
        assert_eq!(house.auth.hash_password("new".into()).await.unwrap().expose(), "plain:new");
        assert_eq!(house.auth.hash_password("no memory for this".into()).await, Err(Refusal::Unavailable));
        let longest = Secret::new("x".repeat(1_025));
        assert_eq!(house.auth.hash_password(longest).await, Err(Refusal::WeakPassword(PasswordFault::TooLong)));
    }

    #[tokio::test]
    async fn where_the_queue_is_full_nobody_is_looked_up() {
        let none = PoolSize { permits: NonZeroUsize::MIN, waiting: 0, nice: 0 };
        let house = House::with(|builder| builder.hashing_pool(none));
        let place = house.auth.0.pool.enter().unwrap();
        assert_eq!(house.try_as("alice", "correct").await, Err(Refusal::Unavailable));
        assert_eq!(house.told(), [at_home("login.refused", None, Some("busy"))]);
        drop(place);
        assert_eq!(house.try_as("alice", "correct").await, Ok("alice"));
    }
}
