//! Scopes in one policy.

use auth_runtime::prelude::*;
use bench::{Error, people::JOHN};

use crate::{
    Growth, Line, Place,
    app::{self, User},
    measure::{self, Case},
};

macro_rules! scopes {
    ($($scope:ident $text:tt)*) => {
        #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
        enum Scope {
            $(
                #[scope($text)]
                $scope,
            )*
        }
    };
}

macro_rules! handler {
    ($handler:ident $path:tt $($scope:ident)*) => {
        #[get($path)]
        #[requires_active_user]
        #[requires_scopes($(Scope::$scope),*)]
        async fn $handler(user: User) -> Json<User> {
            Json(user)
        }
    };
}

scopes! {
    A0 "area-0:read" A1 "area-1:read" A2 "area-2:read" A3 "area-3:read" A4 "area-4:read" A5 "area-5:read" A6 "area-6:read"
    A7 "area-7:read" B0 "area-0:edit" B1 "area-1:edit" B2 "area-2:edit" B3 "area-3:edit" B4 "area-4:edit" B5 "area-5:edit"
    B6 "area-6:edit" B7 "area-7:edit" C0 "area-0:list" C1 "area-1:list" C2 "area-2:list" C3 "area-3:list" C4 "area-4:list"
    C5 "area-5:list" C6 "area-6:list" C7 "area-7:list" D0 "area-0:hide" D1 "area-1:hide" D2 "area-2:hide" D3 "area-3:hide"
    D4 "area-4:hide" D5 "area-5:hide" D6 "area-6:hide" D7 "area-7:hide"
}
handler! { one "/one" A0 }
handler! { eight "/eight" A0 A1 A2 A3 A4 A5 A6 A7 }
handler! {
    all "/all" A0 A1 A2 A3 A4 A5 A6 A7 B0 B1 B2 B3 B4 B5 B6 B7 C0 C1 C2 C3 C4 C5 C6 C7 D0 D1 D2 D3 D4 D5 D6 D7
}

pub(crate) async fn measure(place: &Place) -> Result<Growth, Error> {
    let auth = app::auth(place, app::john())?.build()?;
    let router: SecureRouter = SecureRouter::new().mount(one).mount(eight).mount(all).with_state(auth);
    let router = router.into_router()?;
    let mut cases = Vec::new();
    for (path, policy, token) in [("/one", 1, 1), ("/one", 1, 32), ("/eight", 8, 8), ("/all", 32, 32)] {
        let scopes: Vec<&str> = Scope::all().iter().take(token).map(auth_runtime::Scope::as_str).collect();
        cases.push(Case {
            size: format!("{policy}, of the token's {token}"),
            router: router.clone(),
            path: path.to_owned(),
            tokens: vec![place.tokens.issue(JOHN.username, &scopes.join(" "))?],
        });
    }
    let costs = measure::costs(&mut cases).await?;
    let lines = cases.iter().zip(costs);
    let lines = lines.map(|(case, cost)| Line { size: case.size.clone(), figures: vec![format!("{:.2}", cost.used)] });
    Ok(Growth {
        with: "scopes in a policy",
        columns: &["µs for a guarded GET"],
        lines: lines.collect(),
        why: "Each scope of the policy is looked for among those of the token: the product of the two, of comparisons of a few \
              bytes. A longer token is hashed in proportion to its length, which is the lesser part.",
    })
}
