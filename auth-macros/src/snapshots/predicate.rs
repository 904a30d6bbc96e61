async fn older_than(user: &User, request: &Parts, years: u8) -> bool {
    user.age > years
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct older_than {
    years: u8,
}
const _: () = {
    use ::auth_runtime::__private;
    #[automatically_derived]
    impl older_than {
        /// What it is about.
        pub const ABOUT: __private::About = __private::About::Request
            .and(<User as __private::Subject>::ABOUT)
            .and(<Parts as __private::Subject>::ABOUT);
        /// With these parameters.
        #[must_use]
        pub const fn with(years: u8) -> Self {
            Self { years }
        }
    }
    #[automatically_derived]
    impl __private::Predicate for older_than {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::write!(f, "older_than({:?})", self.years)
        }
        fn test<'a>(
            &'a self,
            caller: &'a __private::Caller<'a>,
        ) -> __private::Boxed<
            'a,
            ::core::result::Result<::core::option::Option<bool>, __private::Refusal>,
        > {
            ::std::boxed::Box::pin(async move {
                let ::core::option::Option::Some(subject0) = <User as __private::Subject>::of(
                    caller,
                ) else {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                };
                let ::core::option::Option::Some(subject1) = <Parts as __private::Subject>::of(
                    caller,
                ) else {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                };
                __private::Answer::into_answer(
                        older_than(
                                subject0,
                                subject1,
                                ::core::clone::Clone::clone(&self.years),
                            )
                            .await,
                    )
                    .map(::core::option::Option::Some)
            })
        }
    }
    #[automatically_derived]
    impl<__U> __private::AppliesTo<__U> for older_than
    where
        User: __private::SubjectFor<__U>,
        Parts: __private::SubjectFor<__U>,
    {}
};
