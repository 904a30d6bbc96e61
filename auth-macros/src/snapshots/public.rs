pub async fn health(
    _guard: ::auth_runtime::__private::Guard<__health>,
    #[cfg(unix)]
    user: Option<User>,
) -> &'static str {
    "ok"
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[public(merged)]
pub struct __health {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __health {
        type Access = __private::Open<
            {
                __private::knows_caller(
                    &[#[cfg(unix)] __private::Argument::<Option<User>>::TAKES],
                )
            },
        >;
        const POLICY: __private::Policy = __private::Policy::PUBLIC;
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "health",
            &[],
        );
        __private::signature!((#[cfg(unix)] Option < User >) -> & 'static str);
    }
    impl __private::Routed for __health {
        const ROUTE: __private::Route = __private::Route::new("GET", "/health");
    }
    #[cfg(unix)]
    const _: () = __private::fits(
        &__private::Policy::PUBLIC,
        __private::Argument::<Option<User>>::TAKES,
    );
};
