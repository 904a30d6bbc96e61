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
        .not_found_unless(note.owner == user.username)
    {
        return refusal;
    }
    let outcome = ::auth_runtime::__private::body::<
        Json<Note>,
        _,
    >(async { wall.put(id, note, text) })
        .await;
    use ::auth_runtime::__private::AnyOutcome as _;
    let refusal = match ::auth_runtime::__private::Outcome(&outcome).value() {
        ::core::option::Option::Some(value) => {
            let note = value;
            guard.refusal_unless(note.shared)
        }
        ::core::option::Option::None => ::core::option::Option::None,
    };
    if let ::core::option::Option::Some(refusal) = refusal {
        return refusal;
    }
    ::auth_runtime::__private::axum::response::IntoResponse::into_response(outcome)
}
#[doc(hidden)]
#[requires(merged)]
#[authorize(merged)]
#[post_authorize(merged)]
#[overrides_group(merged)]
#[accept(merged)]
struct __write_note {}
impl ::auth_runtime::__private::Routed for __write_note {}
impl ::auth_runtime::__private::Endpoint for __write_note {
    type Access = ::auth_runtime::__private::Protected<(Role, older_than, ApiKey)>;
    const DECLARED: ::auth_runtime::__private::Declared = {
        use ::auth_runtime::__private::probe::*;
        __private::Declared::asks(
                ::core::module_path!(),
                "write_note",
                __private::Requirement::All(
                    &[
                        __private::Requirement::ActiveUser,
                        __private::Requirement::Any(
                            &[
                                __private::Requirement::Granted(&Role::Editor),
                                __private::Requirement::Predicate(
                                    <older_than>::ABOUT,
                                    const { &<older_than>::with(18) },
                                ),
                                __private::Requirement::Scheme(
                                    __private::scheme_of::<ApiKey>(),
                                    &[&Scope::Write],
                                ),
                            ],
                        ),
                    ],
                ),
                [
                    __private::Argument::<User>::TAKES,
                    __private::Argument::<Note>::TAKES,
                    __private::Argument::<String>::TAKES,
                ],
            )
            .docs(&[r" Another text for a note of your own."])
            .options(
                __private::Options::NONE
                    .overrides_group()
                    .accepts(&[__private::Lint::UncheckedParameter])
                    .authorize(::core::stringify!(note.owner == user.username), true)
                    .post_authorize(::core::stringify!(note.shared), false),
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
const _: () = {
    use ::auth_runtime::__private::probe::*;
    __private::fits_endpoint::<__write_note>(__private::Argument::<User>::TAKES);
    __private::fits_endpoint::<__write_note>(__private::Argument::<Note>::TAKES);
    __private::fits_endpoint::<__write_note>(__private::Argument::<String>::TAKES);
};
