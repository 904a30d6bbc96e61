//! What a guard costs, in what can be counted: allocations on the heap, as `auth_runtime::serve` lets requests in.

use std::net::SocketAddr;

use allocation_counter::measure;
use auth_runtime::{Auth, AuthBuilder, Randomness, Shared, TokenRequest, prelude::*};
use axum::{Router, body::Body, extract::ConnectInfo, http::Request, routing};
use tests::{Scope, User};
use tower_service::Service;

#[get("/guarded")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn guarded() -> &'static str {
    "Hello"
}

#[get("/profile")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn profile(user: User) -> &'static str {
    if user.disabled { "Bye" } else { "Hello" }
}

#[get("/shared")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn shared(user: Shared<User>) -> &'static str {
    if user.disabled { "Bye" } else { "Hello" }
}

async fn plain() -> &'static str {
    "Hello"
}

struct House {
    router: Router,
    runtime: tokio::runtime::Runtime,
    token: Secret,
}

impl House {
    fn new(cache: fn(AuthBuilder<User>) -> AuthBuilder<User>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let john = User {
            username: "johndoe".to_owned(),
            disabled: false,
            hashed_password: PasswordHash::from_stored("none"),
        };
        let key = SigningKey::generate(&Randomness::default()).unwrap();
        let auth = cache(Auth::builder(MemoryUsers::from_iter([john])).signing_key(key)).build().unwrap();
        let scopes = ["me".to_owned()];
        let token = runtime.block_on(auth.issue_token(TokenRequest::new("johndoe", &scopes))).unwrap().token;
        let router =
            SecureRouter::new().mount(guarded).mount(profile).mount(shared).with_state(auth).into_router().unwrap();
        Self { router: router.route("/plain", routing::get(plain)), runtime, token }
    }

    /// The allocations of a request that is not the first one.
    fn allocations(&mut self, path: &str) -> u64 {
        let mut allocations = 0;
        for _ in 0..3 {
            let peer = SocketAddr::from(([127, 0, 0, 1], 4000));
            let request = Request::get(path)
                .header("authorization", format!("Bearer {}", self.token.expose()))
                .extension(ConnectInfo(peer))
                .body(Body::empty())
                .unwrap();
            let answered = self.router.call(request);
            let mut status = None;
            let counted = measure(|| {
                let answer = self.runtime.block_on(answered).unwrap();
                status = Some(answer.status().as_u16());
            });
            assert_eq!(status, Some(200), "{path}");
            allocations = counted.count_total;
        }
        allocations
    }
}

#[test]
fn a_guard_adds_one_allocation_at_most_and_a_user_as_an_argument_two_more() {
    let mut house = House::new(|builder| builder.verified_tokens(8));
    let plain = house.allocations("/plain");
    assert!(plain > 0, "they are counted");
    // The request's extension that hands the user on, and the user's name where it is copied.
    for (path, most) in [("/guarded", 1), ("/shared", 2), ("/profile", 3)] {
        let added = house.allocations(path).saturating_sub(plain);
        assert!(added <= most, "{path}: {added} allocations more than the {plain} of a route without a guard");
    }
}

/// What the cache of verified tokens saves: if a hit cost as much as this, it would be of no use.
#[test]
fn a_token_that_is_verified_each_time_costs_more() {
    let [kept, by_default, verified] = [
        House::new(|builder| builder.verified_tokens(8)),
        House::new(|builder| builder),
        House::new(|builder| builder.verified_tokens(0)),
    ]
    .map(|mut house| house.allocations("/guarded"));
    assert!(verified > kept + 2, "{verified} and {kept}");
    let keeps_none = std::env::var_os("AUTH_TESTING_KEEPS_NO_TOKENS").is_some_and(|value| value == "1");
    assert_eq!(by_default, if keeps_none { verified } else { kept });
}
