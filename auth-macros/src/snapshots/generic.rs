async fn list<'a, T, const N: usize>(
    _: ::auth_runtime::__private::Guard<__list<T, N>>,
    State(store): State<T>,
    mut page: Query<Page<'a>>,
) -> impl IntoResponse
where
    T: Store + 'a,
{
    store.list(N).await
}
#[doc(hidden)]
#[requires_token(merged)]
struct __list<T, const N: usize> {
    generics: ::core::marker::PhantomData<fn() -> (T,)>,
}
impl<T, const N: usize> ::auth_runtime::__private::Routed for __list<T, N>
where
    T: Store + 'static,
    T: 'static,
{}
impl<T, const N: usize> ::auth_runtime::__private::Endpoint for __list<T, N>
where
    T: Store + 'static,
    T: 'static,
{
    type Access = ::auth_runtime::__private::Protected;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
                ::core::module_path!(),
                "list",
                __private::Requirement::Token,
                [],
            )
            .route(
                __private::Route::new(
                        "POST",
                        "/list",
                        |operation| {
                            __private::Argument::<Query<Page<'static>>>::NEW
                                .describe(operation);
                            __private::Output::<__private::axum::response::Response>::NEW
                                .describe(operation);
                        },
                    )
                    .tag("lists")
                    .operation_id("list_all"),
            )
    };
}
