#[automatically_derived]
impl ::auth_runtime::__private::Scope for Scope {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Me => "me",
        }
    }
    fn description(&self) -> &'static str {
        match self {
            Self::Items => "Read items.",
            Self::Me => "Read information about the current user.",
        }
    }
    fn all() -> &'static [Self] {
        &[Self::Items, Self::Me]
    }
}
#[automatically_derived]
impl ::auth_runtime::__private::Authority for Scope {
    fn granted(&self) -> ::auth_runtime::__private::Granted<'_> {
        ::auth_runtime::__private::Granted::Scope(self)
    }
}
#[automatically_derived]
impl<__U> ::auth_runtime::__private::AppliesTo<__U> for Scope {}
