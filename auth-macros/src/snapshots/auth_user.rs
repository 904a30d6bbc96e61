const _: () = {
    use ::auth_runtime::__private;
    #[automatically_derived]
    impl __private::AuthUser for User {
        fn username(&self) -> &str {
            <String as __private::UsernameField>::get(&self.username)
        }
        fn is_disabled(&self) -> bool {
            <bool as __private::DisabledField>::get(&self.disabled)
        }
        fn password_hash(&self) -> ::core::option::Option<&__private::PasswordHash> {
            <PasswordHash as __private::PasswordHashField>::get(&self.hashed_password)
        }
        fn set_password_hash(&mut self, hash: __private::PasswordHash) {
            <PasswordHash as __private::PasswordHashField>::set(
                &mut self.hashed_password,
                hash,
            )
        }
        fn set_disabled(&mut self, disabled: bool) -> bool {
            <bool as __private::DisabledField>::set(&mut self.disabled, disabled);
            true
        }
    }
    #[automatically_derived]
    impl<__S> __private::axum::extract::FromRequestParts<__S> for User
    where
        __S: __private::UsersOf<User>,
    {
        type Rejection = __private::Rejection;
        fn from_request_parts(
            parts: &mut __private::axum::http::request::Parts,
            state: &__S,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<Self, Self::Rejection>,
        > + ::core::marker::Send {
            __private::extract(parts, state)
        }
    }
    #[automatically_derived]
    impl<__S> __private::axum::extract::OptionalFromRequestParts<__S> for User
    where
        __S: __private::UsersOf<User>,
    {
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
            __private::extract_optional(parts, state)
        }
    }
    #[automatically_derived]
    impl<__B> __private::Record<__B> for User
    where
        String: __private::Column<__B>,
        Option<String>: __private::Column<__B>,
        bool: __private::Column<__B>,
        PasswordHash: __private::Column<__B>,
    {
        const COLUMNS: &'static [__private::ColumnSpec] = &[
            __private::column::<
                __B,
                String,
            >("username", __private::ColumnRole::Username),
            __private::column::<
                __B,
                Option<String>,
            >("full_name", __private::ColumnRole::Plain),
            __private::column::<__B, bool>("disabled", __private::ColumnRole::Disabled),
            __private::column::<
                __B,
                PasswordHash,
            >("hashed_password", __private::ColumnRole::PasswordHash),
        ];
        fn to_values(&self) -> ::std::vec::Vec<__private::Value> {
            ::std::vec![
                < String as __private::Column < __B >> ::to_value(& self.username), <
                Option < String > as __private::Column < __B >> ::to_value(& self
                .full_name), < bool as __private::Column < __B >> ::to_value(& self
                .disabled), < PasswordHash as __private::Column < __B >> ::to_value(&
                self.hashed_password)
            ]
        }
        fn from_values(
            values: &mut dyn ::core::iter::Iterator<Item = __private::Value>,
        ) -> ::core::result::Result<Self, (&'static str, __private::ColumnError)> {
            ::core::result::Result::Ok(Self {
                username: __private::field::<__B, String>("username", values)?,
                full_name: __private::field::<__B, Option<String>>("full_name", values)?,
                disabled: __private::field::<__B, bool>("disabled", values)?,
                hashed_password: __private::field::<
                    __B,
                    PasswordHash,
                >("hashed_password", values)?,
            })
        }
    }
};
