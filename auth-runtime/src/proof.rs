//! Proof that a policy was decided, which a function can demand in its signature.

use std::{any::type_name, fmt, marker::PhantomData};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::AuthState,
    endpoint::{GuardArgument, Takes},
    error::Rejection,
    guard::{Principal, Wants, authenticate},
    policy::{AppliesTo, NamedPolicy, Policy, Rules},
};

/// Proof that the named policy `P` let this request pass. Only a guard of `P` makes one; a handler can hand it on, to a
/// function that demands it.
///
/// ```
/// use auth_runtime::prelude::*;
/// # #[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
/// # enum Role { #[role("editor")] Editor }
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(roles)] roles: Vec<Role> }
///
/// #[policy(active_user && Role::Editor)]
/// struct ItemEditor;
///
/// /// Nobody calls this without a request that an editor made.
/// fn delete_everything(_: &Authorized<ItemEditor>) {}
///
/// #[delete("/items")]
/// #[requires(ItemEditor)]
/// async fn delete_items(editor: Authorized<ItemEditor>) {
///     delete_everything(&editor);
/// }
/// # fn mounts() -> SecureRouter<Auth<User>> { SecureRouter::new().mount(delete_items) }
/// ```
///
/// In a handler without a policy it is a guard itself: the request is refused unless `P` lets it pass.
pub struct Authorized<P>(PhantomData<fn() -> P>);

/// The proof for a test of what demands it.
#[cfg(feature = "testing")]
pub(crate) fn for_test<P>() -> Authorized<P> {
    Authorized(PhantomData)
}

impl<P> fmt::Debug for Authorized<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorized<{}>", type_name::<P>())
    }
}

impl<P: NamedPolicy> GuardArgument for Authorized<P> {
    const TAKES: Takes = Takes::Proof(P::NAMED.name);
    const TAKES_OPTIONAL: Takes = Takes::Nothing;
}

impl<P, S> FromRequestParts<S> for Authorized<P>
where
    P: NamedPolicy + AppliesTo<S::User>,
    S: AuthState,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let proof = |takes: &Takes| takes.is_proof_of(P::NAMED.name);
        if Principal::<S::User>::take(parts, proof).is_some_and(|principal| principal.holds::<P>()) {
            return Ok(Self(PhantomData));
        }
        let rules = Rules::of(const { Policy::all(&[P::REQUIREMENT]) });
        let auth = state.auth();
        match authenticate(auth, parts, rules, &Wants::NOTHING).await {
            Ok(_) => Ok(Self(PhantomData)),
            Err(refusal) => Err(auth.answers().reject(refusal, rules, parts)),
        }
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::for_test;

    #[test]
    fn a_proof_prints_what_it_proves() {
        assert_eq!(format!("{:?}", for_test::<u8>()), "Authorized<u8>");
    }
}
