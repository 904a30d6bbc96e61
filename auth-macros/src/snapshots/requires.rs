/// Your own profile.
async fn read_users_me(
    _: ::auth_runtime::__private::Guard<__read_users_me>,
    user: User,
) -> Json<User> {
    Json(user)
}
#[doc(hidden)]
#[requires_active_user(merged)]
#[requires_scopes(merged)]
struct __read_users_me {}
impl ::auth_runtime::__private::Routed for __read_users_me {}
impl ::auth_runtime::__private::Endpoint for __read_users_me {
    type Access = ::auth_runtime::__private::Protected;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks_all(
                ::core::module_path!(),
                "read_users_me",
                &[
                    __private::Requirement::ActiveUser,
                    __private::Requirement::Scopes(&[&Scope::Me]),
                ],
                [__private::Argument::<User>::TAKES],
            )
            .docs(&[r" Your own profile."])
            .route(
                __private::Route::new(
                    "GET",
                    "/users/me",
                    |operation| {
                        __private::Argument::<User>::NEW.describe(operation);
                        __private::Output::<Json<User>>::NEW.describe(operation);
                    },
                ),
            )
    };
}
