//! Our attributes in every order, and foreign ones between them: the policy is the same each time.

use auth_runtime::prelude::*;

use crate::magazine::{Magazine, Role, Scope, User};

#[utoipa::path(get, path = "/0", responses((status = 200)))]
#[tracing::instrument(skip_all)]
#[get("/0")]
#[cfg_attr(all(), requires_active_user)]
#[requires(Role::Editor || Scope::Write)]
#[authorize(user.age > 20)]
#[axum::debug_handler(state = Auth<User>)]
async fn order0(user: User) -> String {
    user.name
}

#[auth_runtime::get("/1")]
#[utoipa::path(get, path = "/1", responses((status = 200)))]
#[requires_active_user]
#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[requires(Role::Editor || Scope::Write)]
async fn order1(user: User) -> String {
    user.name
}

#[tracing::instrument(skip_all)]
#[get("/2")]
#[requires(Role::Editor || Scope::Write)]
#[cfg_attr(all(), doc = "conditional")]
#[requires_active_user]
#[authorize(user.age > 20)]
#[axum::debug_handler(state = Auth<User>)]
async fn order2(user: User) -> String {
    user.name
}

#[get("/3")]
#[requires(Role::Editor || Scope::Write)]
#[authorize(user.age > 20)]
#[utoipa::path(get, path = "/3", responses((status = 200)))]
#[tracing::instrument(skip_all)]
#[cfg_attr(all(), requires_active_user)]
async fn order3(user: User) -> String {
    user.name
}

#[cfg_attr(all(), doc = "conditional")]
#[get("/4")]
#[authorize(user.age > 20)]
#[requires_active_user]
#[requires(Role::Editor || Scope::Write)]
#[utoipa::path(get, path = "/4", responses((status = 200)))]
#[axum::debug_handler(state = Auth<User>)]
async fn order4(user: User) -> String {
    user.name
}

#[cfg_attr(all(), doc = "conditional")]
#[auth_runtime::get("/5")]
#[authorize(user.age > 20)]
#[tracing::instrument(skip_all)]
#[requires(Role::Editor || Scope::Write)]
#[requires_active_user]
async fn order5(user: User) -> String {
    user.name
}

#[utoipa::path(get, path = "/6", responses((status = 200)))]
#[cfg_attr(all(), requires_active_user)]
#[tracing::instrument(skip_all)]
#[get("/6")]
#[requires(Role::Editor || Scope::Write)]
#[authorize(user.age > 20)]
#[axum::debug_handler(state = Auth<User>)]
async fn order6(user: User) -> String {
    user.name
}

#[requires_active_user]
#[get("/7")]
#[utoipa::path(get, path = "/7", responses((status = 200)))]
#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[requires(Role::Editor || Scope::Write)]
async fn order7(user: User) -> String {
    user.name
}

#[tracing::instrument(skip_all)]
#[requires_active_user]
#[requires(Role::Editor || Scope::Write)]
#[get("/8")]
#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[axum::debug_handler(state = Auth<User>)]
async fn order8(user: User) -> String {
    user.name
}

#[cfg_attr(all(), requires_active_user)]
#[requires(Role::Editor || Scope::Write)]
#[authorize(user.age > 20)]
#[utoipa::path(get, path = "/9", responses((status = 200)))]
#[auth_runtime::get("/9")]
#[tracing::instrument(skip_all)]
async fn order9(user: User) -> String {
    user.name
}

#[cfg_attr(all(), doc = "conditional")]
#[utoipa::path(get, path = "/10", responses((status = 200)))]
#[requires_active_user]
#[authorize(user.age > 20)]
#[get("/10")]
#[requires(Role::Editor || Scope::Write)]
#[axum::debug_handler(state = Auth<User>)]
async fn order10(user: User) -> String {
    user.name
}

#[requires_active_user]
#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[tracing::instrument(skip_all)]
#[requires(Role::Editor || Scope::Write)]
#[get("/11")]
async fn order11(user: User) -> String {
    user.name
}

#[utoipa::path(get, path = "/12", responses((status = 200)))]
#[requires(Role::Editor || Scope::Write)]
#[get("/12")]
#[tracing::instrument(skip_all)]
#[cfg_attr(all(), requires_active_user)]
#[authorize(user.age > 20)]
#[axum::debug_handler(state = Auth<User>)]
async fn order12(user: User) -> String {
    user.name
}

#[requires(Role::Editor || Scope::Write)]
#[auth_runtime::get("/13")]
#[authorize(user.age > 20)]
#[cfg_attr(all(), doc = "conditional")]
#[utoipa::path(get, path = "/13", responses((status = 200)))]
#[requires_active_user]
async fn order13(user: User) -> String {
    user.name
}

#[tracing::instrument(skip_all)]
#[requires(Role::Editor || Scope::Write)]
#[requires_active_user]
#[get("/14")]
#[authorize(user.age > 20)]
#[cfg_attr(all(), doc = "conditional")]
#[axum::debug_handler(state = Auth<User>)]
async fn order14(user: User) -> String {
    user.name
}

#[tracing::instrument(skip_all)]
#[requires(Role::Editor || Scope::Write)]
#[cfg_attr(all(), requires_active_user)]
#[utoipa::path(get, path = "/15", responses((status = 200)))]
#[authorize(user.age > 20)]
#[get("/15")]
async fn order15(user: User) -> String {
    user.name
}

#[cfg_attr(all(), doc = "conditional")]
#[requires(Role::Editor || Scope::Write)]
#[utoipa::path(get, path = "/16", responses((status = 200)))]
#[authorize(user.age > 20)]
#[get("/16")]
#[requires_active_user]
#[axum::debug_handler(state = Auth<User>)]
async fn order16(user: User) -> String {
    user.name
}

#[requires(Role::Editor || Scope::Write)]
#[authorize(user.age > 20)]
#[cfg_attr(all(), doc = "conditional")]
#[tracing::instrument(skip_all)]
#[requires_active_user]
#[auth_runtime::get("/17")]
async fn order17(user: User) -> String {
    user.name
}

#[utoipa::path(get, path = "/18", responses((status = 200)))]
#[authorize(user.age > 20)]
#[get("/18")]
#[cfg_attr(all(), requires_active_user)]
#[tracing::instrument(skip_all)]
#[requires(Role::Editor || Scope::Write)]
#[axum::debug_handler(state = Auth<User>)]
async fn order18(user: User) -> String {
    user.name
}

#[authorize(user.age > 20)]
#[get("/19")]
#[requires(Role::Editor || Scope::Write)]
#[cfg_attr(all(), doc = "conditional")]
#[requires_active_user]
#[utoipa::path(get, path = "/19", responses((status = 200)))]
async fn order19(user: User) -> String {
    user.name
}

#[tracing::instrument(skip_all)]
#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[requires_active_user]
#[get("/20")]
#[requires(Role::Editor || Scope::Write)]
#[axum::debug_handler(state = Auth<User>)]
async fn order20(user: User) -> String {
    user.name
}

#[authorize(user.age > 20)]
#[tracing::instrument(skip_all)]
#[cfg_attr(all(), requires_active_user)]
#[utoipa::path(get, path = "/21", responses((status = 200)))]
#[requires(Role::Editor || Scope::Write)]
#[auth_runtime::get("/21")]
async fn order21(user: User) -> String {
    user.name
}

#[cfg_attr(all(), doc = "conditional")]
#[authorize(user.age > 20)]
#[requires(Role::Editor || Scope::Write)]
#[utoipa::path(get, path = "/22", responses((status = 200)))]
#[get("/22")]
#[requires_active_user]
#[axum::debug_handler(state = Auth<User>)]
async fn order22(user: User) -> String {
    user.name
}

#[authorize(user.age > 20)]
#[requires(Role::Editor || Scope::Write)]
#[requires_active_user]
#[tracing::instrument(skip_all)]
#[cfg_attr(all(), doc = "conditional")]
#[get("/23")]
async fn order23(user: User) -> String {
    user.name
}

#[tokio::test]
async fn the_policy_is_the_same_in_every_order() {
    let router: SecureRouter<Auth<User>> = SecureRouter::new()
        .mount(order0)
        .mount(order1)
        .mount(order2)
        .mount(order3)
        .mount(order4)
        .mount(order5)
        .mount(order6)
        .mount(order7)
        .mount(order8)
        .mount(order9)
        .mount(order10)
        .mount(order11)
        .mount(order12)
        .mount(order13)
        .mount(order14)
        .mount(order15)
        .mount(order16)
        .mount(order17)
        .mount(order18)
        .mount(order19)
        .mount(order20)
        .mount(order21)
        .mount(order22)
        .mount(order23);
    let rows = router.access_table().rows().to_vec();
    assert_eq!(rows.len(), 24);
    let magazine = Magazine::of(router).await;
    for row in rows {
        let policy = "(role editor or scope items:write) and active user, if user.age > 20";
        assert_eq!(row.policy, policy, "{}", row.path);
        assert_eq!(magazine.server.get(&row.path).await.status, 401, "{}", row.path);
        assert_eq!(magazine.who_may(&row.path).await, ["admin", "editor"], "{}", row.path);
        // The rule holds whoever the policy lets in: the author is too young.
        assert_eq!(magazine.status(&row.path, "author", &["items:write"]).await, 403, "{}", row.path);
        assert_eq!(magazine.status(&row.path, "reader", &["items:write"]).await, 200, "{}", row.path);
    }
}
