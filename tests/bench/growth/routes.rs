//! Routes in one router.

use std::time::{Duration, Instant};

use auth_runtime::prelude::*;
use axum::Router;
use bench::{
    Error,
    people::{JOHN, SCOPE},
};

use crate::{
    Growth, Line, Place,
    app::{self, Me, User},
    measure::{self, Case, thousands},
};

const IN_A_GROUP: usize = 10;
/// So many times; of how long it takes, the shortest counts.
const BUILDS: usize = 9;

macro_rules! handlers {
    ($($handler:ident $path:tt)*) => {
        $(
            #[get($path)]
            #[requires_active_user]
            #[requires_scopes(Me::Me)]
            async fn $handler(user: User) -> Json<User> {
                Json(user)
            }
        )*

        /// Ten handlers, each with its own route.
        fn group() -> SecureRouter<Auth<User>> {
            SecureRouter::new()$(.mount($handler))*
        }
    };
}

handlers! {
    first "/first" second "/second" third "/third" fourth "/fourth" fifth "/fifth"
    sixth "/sixth" seventh "/seventh" eighth "/eighth" ninth "/ninth" tenth "/tenth"
}

/// How long it takes to build a router of so many routes, and the router.
fn build(place: &Place, routes: usize) -> Result<(Duration, Router), Error> {
    let auth = app::auth(place, app::john())?.build()?;
    let started = Instant::now();
    let mut router = SecureRouter::new();
    for number in 0..routes / IN_A_GROUP {
        router = router.nest(&format!("/group{number:02}"), group());
    }
    let router: SecureRouter = router.openapi_path("/openapi.json").with_state(auth);
    let router = router.into_router()?;
    Ok((started.elapsed(), router))
}

pub(crate) async fn measure(place: &Place) -> Result<Growth, Error> {
    let token = place.tokens.issue(JOHN.username, SCOPE)?;
    let (mut cases, mut built) = (Vec::new(), Vec::new());
    for routes in [10, 100, 1_000] {
        let builds: Result<Vec<_>, Error> = (0..BUILDS).map(|_| build(place, routes)).collect();
        let (took, router) = builds?.into_iter().min_by_key(|(took, _)| *took).ok_or("nothing was built")?;
        built.push(took);
        let path = format!("/group{:02}/tenth", routes / IN_A_GROUP - 1);
        let size = thousands(u64::try_from(routes)?);
        cases.push(Case { size, router, path, tokens: vec![token.clone()] });
    }
    let costs = measure::costs(&mut cases).await?;
    let lines = cases.iter().zip(costs).zip(built).map(|((case, cost), built)| Line {
        size: case.size.clone(),
        figures: vec![format!("{:.2}", cost.used), format!("{:.1}", built.as_secs_f64() * 1_000.0)],
    });
    Ok(Growth {
        with: "routes in one router",
        columns: &["µs for a guarded GET", "ms to build the router and its document, at best"],
        lines: lines.collect(),
        why: "A request costs the same however many routes there are: axum finds its route in a radix tree, by the bytes of the \
              path, and the policy is that of the handler, found by its type. Building takes time in proportion to the routes.",
    })
}
