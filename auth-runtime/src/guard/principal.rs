//! Who makes a request, and how the guard leaves it to its handler's arguments.

use std::{
    any::{Any, TypeId},
    mem,
    sync::Arc,
};

use axum::http::request::Parts;

use super::Wants;
use crate::{endpoint::Takes, policy::NamedPolicy, scheme::SecurityScheme, token::AccessClaims, user::AuthUser};

/// Who makes the request, as the guard found out.
pub(crate) struct Principal<U> {
    pub(crate) claims: Option<Arc<AccessClaims>>,
    pub(crate) user: Option<Arc<U>>,
    beside: Option<Box<Beside>>,
}

/// What few policies ask for.
struct Beside {
    /// What the schemes yield, each as a value of its own type.
    schemes: Vec<Box<dyn Any + Send + Sync>>,
    /// The named policies that hold.
    named: Vec<TypeId>,
}

/// Nobody: what remains of one that was taken.
impl<U> Default for Principal<U> {
    fn default() -> Self {
        Self { claims: None, user: None, beside: None }
    }
}

/// A principal in a request's extensions, what the arguments of the guarded handler take of it, and how many of them may still ask.
/// No other handler may: a guarded function can be a middleware, and what is behind it may ask for more than its policy did.
struct Offered<U> {
    principal: Principal<U>,
    takes: &'static [Takes],
    left: usize,
}

/// Extensions have to be cloned with their request. A copy of one that was let in was not let in itself: it offers nobody.
impl<U> Clone for Offered<U> {
    fn clone(&self) -> Self {
        Self { principal: Principal::default(), takes: &[], left: 0 }
    }
}

impl<U: AuthUser> Principal<U> {
    pub(super) fn new(claims: Option<Arc<AccessClaims>>, user: Option<Arc<U>>) -> Self {
        Self { claims, user, beside: None }
    }

    /// With what schemes yield, and the named policies that hold.
    pub(super) fn beside(self, schemes: Vec<Box<dyn Any + Send + Sync>>, named: Vec<TypeId>) -> Self {
        Self { beside: Some(Box::new(Beside { schemes, named })), ..self }
    }

    /// Whom the token stands for.
    pub(super) fn subject(&self) -> Option<&str> {
        self.claims.as_ref().map(|claims| claims.subject.as_str())
    }

    /// Leaves it for the arguments that want it, in the place of what another guard may have left.
    pub(super) fn offer(self, parts: &mut Parts, wants: &Wants) {
        if wants.arguments > 0 {
            parts.extensions.insert(Offered { principal: self, takes: wants.takes, left: wants.arguments });
        } else {
            Self::withdraw(parts);
        }
    }

    /// Takes away what another guard may have left.
    pub(super) fn withdraw(parts: &mut Parts) {
        parts.extensions.remove::<Offered<U>>();
    }

    /// The principal that the guard of this handler left for an argument with this question. Where the guard was not asked that,
    /// it did not look: nothing is taken then, and nothing follows from what is not there.
    pub(crate) fn take(parts: &mut Parts, question: impl Fn(&Takes) -> bool) -> Option<Taken<'_, U>> {
        let offered = parts.extensions.get_mut::<Offered<U>>()?;
        if !offered.takes.iter().any(question) {
            return None;
        }
        offered.left = offered.left.checked_sub(1)?;
        if offered.left == 0 {
            Some(Taken::Last(mem::take(&mut offered.principal)))
        } else {
            Some(Taken::Shared(&offered.principal))
        }
    }
}

/// What an argument of the handler is given. The last one that takes something need not copy it.
pub(crate) enum Taken<'a, U> {
    Shared(&'a Principal<U>),
    Last(Principal<U>),
}

impl<U: AuthUser> Taken<'_, U> {
    fn principal(&self) -> &Principal<U> {
        match self {
            Self::Shared(principal) => principal,
            Self::Last(principal) => principal,
        }
    }

    pub(crate) fn user(self) -> Option<Arc<U>> {
        match self {
            Self::Shared(principal) => principal.user.clone(),
            Self::Last(principal) => principal.user,
        }
    }

    pub(crate) fn claims(self) -> Option<Arc<AccessClaims>> {
        self.principal().claims.clone()
    }

    /// What a scheme yields.
    pub(crate) fn scheme<K: SecurityScheme>(self) -> Option<K> {
        match self {
            Self::Shared(principal) => {
                let schemes = &principal.beside.as_ref()?.schemes;
                schemes.iter().find_map(|value| value.downcast_ref()).cloned()
            }
            Self::Last(principal) => {
                let schemes = principal.beside?.schemes;
                schemes.into_iter().find_map(|value| value.downcast().ok()).map(|value| *value)
            }
        }
    }

    /// Whether this policy holds.
    pub(crate) fn holds<P: NamedPolicy>(&self) -> bool {
        self.principal().beside.as_ref().is_some_and(|beside| beside.named.contains(&TypeId::of::<P>()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use axum::http::Request;

    use super::*;

    #[derive(crate::AuthUser, Clone)]
    #[auth(no_password, always_active)]
    pub(in crate::guard) struct User {
        #[auth(username)]
        name: String,
    }

    fn parts() -> Parts {
        Request::new(()).into_parts().0
    }

    fn principal() -> Principal<User> {
        let user = Some(Arc::new(User { name: "john".to_owned() }));
        Principal::new(None, user)
    }

    fn taken(parts: &mut Parts) -> Option<String> {
        Principal::<User>::take(parts, Takes::is_user).and_then(Taken::user).map(|user| user.name.clone())
    }

    const USERS: [Wants; 4] = [
        Wants::of(&[Takes::Nothing]),
        Wants::of(&[Takes::User]),
        Wants::of(&[Takes::User, Takes::Nothing, Takes::OptionalUser]),
        Wants::of(&[Takes::User, Takes::User, Takes::User]),
    ];

    #[test]
    fn a_principal_is_taken_by_as_many_arguments_as_ask_for_it_and_by_no_other() {
        for (arguments, wants) in USERS.iter().enumerate() {
            let mut parts = parts();
            principal().offer(&mut parts, wants);
            for _ in 0..arguments {
                assert_eq!(taken(&mut parts).as_deref(), Some("john"));
            }
            assert_eq!(taken(&mut parts), None);
        }
    }

    #[test]
    fn what_the_guard_was_not_asked_is_not_taken_from_it() {
        let mut parts = parts();
        principal().offer(&mut parts, &const { Wants::of(&[Takes::Token]) });
        assert_eq!(taken(&mut parts), None, "who is there was not looked for");
        assert!(Principal::<User>::take(&mut parts, Takes::is_token).is_some(), "and nothing was used up");
    }

    #[test]
    fn what_one_guard_left_is_gone_with_the_next() {
        let mut parts = parts();
        let [nothing, _, two, _] = USERS;
        principal().offer(&mut parts, &two);
        principal().offer(&mut parts, &nothing);
        assert_eq!(taken(&mut parts), None);
        principal().offer(&mut parts, &two);
        Principal::<User>::withdraw(&mut parts);
        assert_eq!(taken(&mut parts), None);
    }

    #[test]
    fn a_copy_of_a_request_was_not_let_in() {
        let mut parts = parts();
        let [_, one, ..] = USERS;
        principal().offer(&mut parts, &one);
        assert_eq!(taken(&mut parts.clone()), None);
        assert_eq!(taken(&mut parts).as_deref(), Some("john"));
    }
}
