struct Grown<const YEARS: u8>;
const _: () = {
    use ::auth_runtime::__private;
    #[automatically_derived]
    impl<const YEARS: u8> __private::Word for Grown<YEARS> {
        const REQUIREMENT: __private::Requirement = __private::Requirement::Named(
            &<Self as __private::NamedPolicy>::NAMED,
        );
    }
    #[automatically_derived]
    impl<const YEARS: u8> __private::NamedPolicy for Grown<YEARS> {
        const NAMED: __private::Named = __private::Named::new::<
            Self,
        >(
                __private::TypeName {
                    module: ::core::module_path!(),
                    name: "Grown",
                },
                __private::Requirement::All(
                    &[
                        __private::Requirement::ActiveUser,
                        __private::Requirement::Predicate(
                            <older_than>::ABOUT,
                            const { &<older_than>::with(YEARS) },
                        ),
                    ],
                ),
            )
            .refuse_with(&[StatusCode::NOT_FOUND], refuse);
    }
    #[automatically_derived]
    impl<const YEARS: u8, __U> __private::AppliesTo<__U> for Grown<YEARS>
    where
        (older_than,): __private::AppliesTo<__U>,
    {}
};
