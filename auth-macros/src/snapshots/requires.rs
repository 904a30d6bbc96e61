/// Your own profile.
async fn read_users_me(
    _guard: ::auth_runtime::__private::Guard<__read_users_me>,
    user: User,
) -> Json<User> {
    Json(user)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[requires_active_user(merged)]
#[requires_scopes(merged)]
struct __read_users_me {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __read_users_me {
        type Access = __private::Protected;
        const POLICY: __private::Policy = __private::Policy::all(
            &[
                __private::Requirement::ActiveUser,
                __private::Requirement::Scopes(&[&Scope::Me]),
            ],
        );
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "read_users_me",
            &[r" Your own profile."],
        );
        __private::signature!((User) -> Json < User >);
    }
    impl __private::Routed for __read_users_me {
        const ROUTE: __private::Route = __private::Route::new("GET", "/users/me");
    }
};
