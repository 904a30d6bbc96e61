/// Another text for a note of your own.
async fn write_note(
    guard: ::auth_runtime::__private::RuleGuard<__write_note>,
    user: User,
    note: Note,
    State(wall): State<Wall>,
    Path(id): Path<u64>,
    text: String,
) -> ::auth_runtime::__private::axum::response::Response {
    if let ::core::option::Option::Some(refusal) = guard
        .refusal_unless(note.owner == user.username)
    {
        return refusal;
    }
    let outcome = ::auth_runtime::__private::body::<
        Json<Note>,
        _,
    >(async move { wall.put(id, note, text) })
        .await;
    ::auth_runtime::__private::axum::response::IntoResponse::into_response(outcome)
}
#[doc(hidden)]
#[requires_active_user(merged)]
#[authorize(merged)]
struct __write_note {}
impl ::auth_runtime::__private::Routed for __write_note {}
impl ::auth_runtime::__private::Endpoint for __write_note {
    type Access = ::auth_runtime::__private::Protected;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
                ::core::module_path!(),
                "write_note",
                __private::Requirement::ActiveUser,
                [
                    __private::Argument::<User>::TAKES,
                    __private::Argument::<Note>::TAKES,
                    __private::Argument::<String>::TAKES,
                ],
            )
            .docs(&[r" Another text for a note of your own."])
            .options(
                __private::Options::NONE
                    .authorize(::core::stringify!(note.owner == user.username), false),
            )
            .route(
                __private::Route::new(
                    "PUT",
                    "/notes/{id}",
                    |operation| {
                        __private::Argument::<User>::NEW.describe(operation);
                        __private::Argument::<Note>::NEW.describe(operation);
                        __private::Argument::<Path<u64>>::NEW.describe(operation);
                        __private::Argument::<String>::NEW.describe(operation);
                        __private::Output::<Json<Note>>::NEW.describe(operation);
                    },
                ),
            )
    };
}
