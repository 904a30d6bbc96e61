#[tracing::instrument]
pub(crate) async fn scoped(_: ::auth_runtime::__private::Guard<__scoped>) {}
#[doc(hidden)]
pub(crate) struct __scoped {}
impl ::auth_runtime::__private::Endpoint for __scoped {
    type Access = ::auth_runtime::__private::Protected;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
            ::core::module_path!(),
            "scoped",
            __private::Requirement::Scopes(&[&Scope::Me, &Scope::Items]),
            [],
        )
    };
}
