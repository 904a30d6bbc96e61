/// Another text for a note of your own.
async fn write_note(
    guard: ::auth_runtime::__private::Guard<__write_note>,
    user: User,
    note: Note,
    State(wall): State<Wall>,
    Path(id): Path<u64>,
    text: String,
) -> ::auth_runtime::__private::axum::response::Response {
    ::auth_runtime::__private::respond::<
        Json<Note>,
    >(
            guard.refusal_unless(note.owner == user.username),
            async move { wall.put(id, note, text) },
        )
        .await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[requires_active_user(merged)]
#[authorize(merged)]
struct __write_note {}
const _: () = {
    #[allow(unused_imports)]
    use ::auth_runtime::__private::{self, probe::*};
    impl __private::Endpoint for __write_note {
        type Access = __private::Protected;
        const POLICY: __private::Policy = __private::Policy::all(
            &[__private::Requirement::ActiveUser],
        );
        const OPTIONS: __private::Options = __private::Options::NONE
            .authorize(::core::stringify!(note.owner == user.username), false);
        const SOURCE: __private::Source = __private::Source::here(
            ::core::module_path!(),
            "write_note",
            &[r" Another text for a note of your own."],
        );
        __private::signature!(
            (User, Note, State < Wall >, Path < u64 >, String) -> Json < Note >
        );
    }
    impl __private::Routed for __write_note {
        const ROUTE: __private::Route = __private::Route::new("PUT", "/notes/{id}");
    }
};
