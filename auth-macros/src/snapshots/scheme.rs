const _: () = {
    use ::auth_runtime::__private;
    #[automatically_derived]
    impl __private::SecurityScheme for ApiKey {
        type Yields = Client;
        type Credential = __private::Secret;
        const SCHEME: __private::SchemeInfo = __private::SchemeInfo::new::<
            Self,
        >(
                __private::TypeName {
                    module: ::core::module_path!(),
                    name: "ApiKey",
                },
                __private::Place::ApiKey(__private::KeyIn::Header, "x-key"),
                "The key that you got.",
            )
            .shown_as("Key");
        fn of(yields: Client) -> Self {
            Self(yields)
        }
        fn yields(&self) -> &Client {
            &self.0
        }
        fn authenticator() -> __private::Authenticator<Self> {
            __private::Authenticator::by(find)
        }
    }
    const _: () = {
        #[allow(unused_imports)]
        use __private::Somebody as _;
        __private::is_somebody(__private::Yielded::<Client>::MAYBE_NOBODY);
    };
    #[automatically_derived]
    impl __private::Authenticates for ApiKey {}
    #[automatically_derived]
    impl __private::Word for ApiKey {
        const REQUIREMENT: __private::Requirement = __private::Requirement::Scheme(
            &<Self as __private::SecurityScheme>::SCHEME,
            &[],
        );
    }
    #[automatically_derived]
    impl<__U> __private::AppliesTo<__U> for ApiKey {}
    #[automatically_derived]
    impl __private::GuardArgument for ApiKey {
        const TAKES: __private::Takes = __private::Takes::Scheme(
            &<Self as __private::SecurityScheme>::SCHEME,
        );
        const TAKES_OPTIONAL: __private::Takes = __private::Takes::OptionalScheme(
            &<Self as __private::SecurityScheme>::SCHEME,
        );
    }
    #[automatically_derived]
    impl<__S: __private::AuthState> __private::axum::extract::FromRequestParts<__S>
    for ApiKey {
        type Rejection = __private::Rejection;
        fn from_request_parts(
            parts: &mut __private::axum::http::request::Parts,
            state: &__S,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<Self, Self::Rejection>,
        > + ::core::marker::Send {
            __private::extract_scheme(parts, state)
        }
    }
    #[automatically_derived]
    impl<
        __S: __private::AuthState,
    > __private::axum::extract::OptionalFromRequestParts<__S> for ApiKey {
        type Rejection = __private::Rejection;
        fn from_request_parts(
            parts: &mut __private::axum::http::request::Parts,
            state: &__S,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                ::core::option::Option<Self>,
                Self::Rejection,
            >,
        > + ::core::marker::Send {
            __private::extract_optional_scheme(parts, state)
        }
    }
};
