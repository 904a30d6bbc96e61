/// Log in.
async fn login(
    _guard: ::auth_runtime::__private::Guard<__login>,
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
#[allow(non_camel_case_types)]
struct __login {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __login {
        type Access = __private::TokenEndpoint<User>;
        const POLICY: __private::Policy = __private::Policy::PUBLIC;
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "login",
            &[r" Log in."],
        );
        fn describe(operation: &mut __private::Describe) {
            operation.login_user::<User>();
            operation.login_form::<PasswordRequestForm<Scope>>();
            __private::Argument::<State<Db>>::NEW.describe(operation);
            operation.grant::<Grant<Scope>>();
        }
    }
    impl __private::Routed for __login {
        const ROUTE: __private::Route = __private::Route::new("POST", "/token");
    }
};
