#[automatically_derived]
impl ::auth_runtime::__private::Role for Role {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Editor => "editor",
        }
    }
    fn description(&self) -> &'static str {
        match self {
            Self::Admin => "Runs the shop.",
            Self::Editor => "",
        }
    }
    fn all() -> &'static [Self] {
        &[Self::Admin, Self::Editor]
    }
    fn includes(&self) -> &'static [Self] {
        match self {
            Self::Admin => &[Self::Editor],
            Self::Editor => &[],
        }
    }
    fn as_any(&self) -> &dyn ::core::any::Any {
        self
    }
}
#[automatically_derived]
impl ::auth_runtime::__private::Authority for Role {
    fn granted(&self) -> ::auth_runtime::__private::Granted<'_> {
        ::auth_runtime::__private::Granted::Role(self)
    }
}
#[automatically_derived]
impl<
    __U: ::auth_runtime::__private::HasRole<Role>,
> ::auth_runtime::__private::AppliesTo<__U> for Role {}
