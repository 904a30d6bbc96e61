/// Log in.
async fn login(
    _: ::auth_runtime::__private::Guard<__login>,
    __extractor1: State<Db>,
    __login: ::auth_runtime::__private::Login<User, PasswordRequestForm<Scope>>,
) -> ::auth_runtime::__private::axum::response::Response {
    async fn login(
        user: User,
        State(db): State<Db>,
        form: PasswordRequestForm<Scope>,
    ) -> Grant<Scope> {
        Grant::to(user).scopes(form.scopes)
    }
    match __login.into_parts() {
        ::core::result::Result::Ok((__issuer, __user, __form)) => {
            __issuer.respond(login(__user, __extractor1, __form)).await
        }
        ::core::result::Result::Err(response) => *response,
    }
}
#[doc(hidden)]
struct __login {}
impl ::auth_runtime::__private::Routed for __login {}
impl ::auth_runtime::__private::Endpoint for __login {
    type Access = ::auth_runtime::__private::TokenEndpoint<User>;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::public(::core::module_path!(), "login", [])
            .docs(&[r" Log in."])
            .route(
                __private::Route::new(
                    "POST",
                    "/token",
                    |operation| {
                        operation.login_user::<User>();
                        operation.login_form::<PasswordRequestForm<Scope>>();
                        operation.grant::<Grant<Scope>>();
                    },
                ),
            )
    };
}
