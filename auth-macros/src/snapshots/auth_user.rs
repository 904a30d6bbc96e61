impl ::auth_runtime::__private::AuthUser for User {
    fn username(&self) -> &str {
        <String as ::auth_runtime::__private::UsernameField>::get(&self.username)
    }
    fn is_disabled(&self) -> bool {
        <bool as ::auth_runtime::__private::DisabledField>::get(&self.disabled)
    }
    fn password_hash(
        &self,
    ) -> ::core::option::Option<&::auth_runtime::__private::PasswordHash> {
        <PasswordHash as ::auth_runtime::__private::PasswordHashField>::get(
            &self.hashed_password,
        )
    }
    fn set_password_hash(&mut self, hash: ::auth_runtime::__private::PasswordHash) {
        <PasswordHash as ::auth_runtime::__private::PasswordHashField>::set(
            &mut self.hashed_password,
            hash,
        )
    }
}
impl<__S> ::auth_runtime::__private::axum::extract::FromRequestParts<__S> for User
where
    __S: ::auth_runtime::__private::UsersOf<User>,
{
    type Rejection = ::auth_runtime::__private::Rejection;
    async fn from_request_parts(
        parts: &mut ::auth_runtime::__private::axum::http::request::Parts,
        state: &__S,
    ) -> ::core::result::Result<Self, Self::Rejection> {
        ::auth_runtime::__private::extract(parts, state).await
    }
}
impl<__S> ::auth_runtime::__private::axum::extract::OptionalFromRequestParts<__S>
for User
where
    __S: ::auth_runtime::__private::UsersOf<User>,
{
    type Rejection = ::auth_runtime::__private::Rejection;
    async fn from_request_parts(
        parts: &mut ::auth_runtime::__private::axum::http::request::Parts,
        state: &__S,
    ) -> ::core::result::Result<::core::option::Option<Self>, Self::Rejection> {
        ::auth_runtime::__private::extract_optional(parts, state).await
    }
}
impl<__B> ::auth_runtime::__private::Record<__B> for User
where
    String: ::auth_runtime::__private::Column<__B>,
    Option<String>: ::auth_runtime::__private::Column<__B>,
    bool: ::auth_runtime::__private::Column<__B>,
    PasswordHash: ::auth_runtime::__private::Column<__B>,
{
    const COLUMNS: &'static [::auth_runtime::__private::ColumnSpec] = &[
        ::auth_runtime::__private::column::<__B, String>("username", true, false),
        ::auth_runtime::__private::column::<
            __B,
            Option<String>,
        >("full_name", false, false),
        ::auth_runtime::__private::column::<__B, bool>("disabled", false, false),
        ::auth_runtime::__private::column::<
            __B,
            PasswordHash,
        >("hashed_password", false, true),
    ];
    fn to_values(&self) -> ::std::vec::Vec<::auth_runtime::__private::Value> {
        ::std::vec![
            < String as ::auth_runtime::__private::Column < __B >> ::to_value(& self
            .username), < Option < String > as ::auth_runtime::__private::Column < __B >>
            ::to_value(& self.full_name), < bool as ::auth_runtime::__private::Column <
            __B >> ::to_value(& self.disabled), < PasswordHash as
            ::auth_runtime::__private::Column < __B >> ::to_value(& self.hashed_password)
        ]
    }
    fn from_values(
        values: &mut dyn ::core::iter::Iterator<Item = ::auth_runtime::__private::Value>,
    ) -> ::core::result::Result<
        Self,
        (&'static str, ::auth_runtime::__private::ColumnError),
    > {
        ::core::result::Result::Ok(Self {
            username: ::auth_runtime::__private::field::<
                __B,
                String,
            >("username", values)?,
            full_name: ::auth_runtime::__private::field::<
                __B,
                Option<String>,
            >("full_name", values)?,
            disabled: ::auth_runtime::__private::field::<__B, bool>("disabled", values)?,
            hashed_password: ::auth_runtime::__private::field::<
                __B,
                PasswordHash,
            >("hashed_password", values)?,
        })
    }
}
