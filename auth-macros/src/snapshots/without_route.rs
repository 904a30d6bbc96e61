#[tracing::instrument]
pub(crate) async fn scoped(_guard: ::auth_runtime::__private::Guard<__scoped>) {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub(crate) struct __scoped {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __scoped {
        type Access = __private::Protected;
        const POLICY: __private::Policy = __private::Policy::all(
            &[__private::Requirement::Scopes(&[&Scope::Me, &Scope::Items])],
        );
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "scoped",
            &[],
        );
        __private::signature!(() -> ());
    }
};
