pub async fn health(
    _: ::auth_runtime::__private::Guard<__health>,
    #[cfg(unix)]
    user: Option<User>,
) -> &'static str {
    "ok"
}
#[doc(hidden)]
#[public(merged)]
pub struct __health {}
impl ::auth_runtime::__private::Routed for __health {}
impl ::auth_runtime::__private::Endpoint for __health {
    type Access = ::auth_runtime::__private::Open<
        {
            ::auth_runtime::__private::knows_caller(
                <__health as ::auth_runtime::__private::Endpoint>::TAKES,
            )
        },
    >;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::public(
                ::core::module_path!(),
                "health",
                [#[cfg(unix)] __private::Argument::<Option<User>>::TAKES],
            )
            .route(
                __private::Route::new(
                    "GET",
                    "/health",
                    |operation| {
                        #[cfg(unix)]
                        __private::Argument::<Option<User>>::NEW.describe(operation);
                        __private::Output::<&'static str>::NEW.describe(operation);
                    },
                ),
            )
    };
}
const _: () = {
    use ::auth_runtime::__private::probe::*;
    #[cfg(unix)]
    __private::fits(
        &__private::Policy::PUBLIC,
        __private::Argument::<Option<User>>::TAKES,
    );
};
