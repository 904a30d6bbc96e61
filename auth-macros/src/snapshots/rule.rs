async fn read_note(
    guard: ::auth_runtime::__private::Guard<__read_note>,
    user: User,
    note: Note,
) -> ::auth_runtime::__private::axum::response::Response {
    let outcome = async move {
        let outcome = ::auth_runtime::__private::body(async move { note.text }).await;
        fn promise(outcome: impl IntoResponse) -> impl IntoResponse {
            outcome
        }
        let outcome = promise(outcome);
        outcome
    };
    ::auth_runtime::__private::respond(
            guard.refusal_unless(note.owner == user.username),
            outcome,
        )
        .await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[requires_active_user(merged)]
#[authorize(merged)]
struct __read_note {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __read_note {
        type Access = __private::Protected;
        const POLICY: __private::Policy = __private::Policy::all(
            &[__private::Requirement::ActiveUser],
        );
        const OPTIONS: __private::Options = __private::Options::NONE
            .authorize(::core::stringify!(note.owner == user.username), false);
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "read_note",
            &[],
        );
        __private::signature!((User, Note) -> __private::axum::response::Response);
    }
    impl __private::Routed for __read_note {
        const ROUTE: __private::Route = __private::Route::new("GET", "/notes/{id}");
    }
};
