::core::compile_error! {
    "#[requires_user] stands here twice"
}
async fn twice(_: ::auth_runtime::__private::Guard<__twice>, user: User) {}
#[doc(hidden)]
#[requires_user(merged)]
#[requires_user(merged)]
struct __twice {}
impl ::auth_runtime::__private::Routed for __twice {}
impl ::auth_runtime::__private::Endpoint for __twice {
    type Access = ::auth_runtime::__private::Closed;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
                ::core::module_path!(),
                "twice",
                __private::Requirement::User,
                [__private::Argument::<User>::TAKES],
            )
            .route(
                __private::Route::new(
                    "GET",
                    "/twice",
                    |operation| {
                        __private::Argument::<User>::NEW.describe(operation);
                        __private::Output::<()>::NEW.describe(operation);
                    },
                ),
            )
    };
}
