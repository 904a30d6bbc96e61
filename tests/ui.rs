//! What does not compile, and what the compiler says; what does compile. The messages are those of the pinned toolchain.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/*/pass/*.rs");
    cases.compile_fail("ui/*/fail/*.rs");
}
