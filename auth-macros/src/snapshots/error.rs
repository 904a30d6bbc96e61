::core::compile_error! {
    "#[requires_user] stands here twice"
}
async fn twice(_guard: ::auth_runtime::__private::Guard<__twice>, user: User) {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[requires_user(merged)]
#[requires_user(merged)]
struct __twice {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __twice {
        type Access = __private::Closed;
        const POLICY: __private::Policy = __private::Policy::all(
            &[__private::Requirement::User],
        );
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "twice",
            &[],
        );
        __private::signature!((User) -> ());
    }
    impl __private::Routed for __twice {
        const ROUTE: __private::Route = __private::Route::new("GET", "/twice");
    }
};
