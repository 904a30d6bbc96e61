async fn list<'a, T, const N: usize>(
    _guard: ::auth_runtime::__private::Guard<__list<T, N>>,
    State(store): State<T>,
    mut page: Query<Page<'a>>,
) -> impl IntoResponse
where
    T: Store + 'a,
{
    store.list(N).await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[requires_token(merged)]
struct __list<T, const N: usize> {
    generics: ::core::marker::PhantomData<fn() -> (T,)>,
}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl<T, const N: usize> __private::Endpoint for __list<T, N>
    where
        T: Store + 'static,
        T: 'static,
    {
        type Access = __private::Protected;
        const POLICY: __private::Policy = __private::Policy::all(
            &[__private::Requirement::Token],
        );
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "list",
            &[],
        );
        __private::signature!(
            (State < T >, Query < Page < 'static > >) ->
            __private::axum::response::Response
        );
    }
    impl<T, const N: usize> __private::Routed for __list<T, N>
    where
        T: Store + 'static,
        T: 'static,
    {
        const ROUTE: __private::Route = __private::Route::new("POST", "/list")
            .tag("lists")
            .operation_id("list_all");
    }
};
