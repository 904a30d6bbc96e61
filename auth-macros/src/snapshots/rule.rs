async fn read_note(
    guard: ::auth_runtime::__private::RuleGuard<__read_note>,
    user: User,
    note: Note,
) -> ::auth_runtime::__private::axum::response::Response {
    if let ::core::option::Option::Some(refusal) = guard
        .refusal_unless(note.owner == user.username)
    {
        return refusal;
    }
    let outcome = ::auth_runtime::__private::body(async move { note.text }).await;
    let outcome = {
        fn promise(outcome: impl IntoResponse) -> impl IntoResponse {
            outcome
        }
        promise(outcome)
    };
    ::auth_runtime::__private::axum::response::IntoResponse::into_response(outcome)
}
#[doc(hidden)]
#[requires_active_user(merged)]
#[authorize(merged)]
struct __read_note {}
impl ::auth_runtime::__private::Routed for __read_note {}
impl ::auth_runtime::__private::Endpoint for __read_note {
    type Access = ::auth_runtime::__private::Protected;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
                ::core::module_path!(),
                "read_note",
                __private::Requirement::ActiveUser,
                [__private::Argument::<User>::TAKES, __private::Argument::<Note>::TAKES],
            )
            .options(
                __private::Options::NONE
                    .authorize(::core::stringify!(note.owner == user.username), false),
            )
            .route(
                __private::Route::new(
                    "GET",
                    "/notes/{id}",
                    |operation| {
                        __private::Argument::<User>::NEW.describe(operation);
                        __private::Argument::<Note>::NEW.describe(operation);
                        __private::Output::<__private::axum::response::Response>::NEW
                            .describe(operation);
                    },
                ),
            )
    };
}
