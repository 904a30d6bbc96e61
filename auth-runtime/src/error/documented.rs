//! The answers that a document lists: what an operation can refuse with, one for each status.

use axum::http::StatusCode;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use super::{Answers, GrantFault, Profile, Refusal};
use crate::{
    form::FormFault,
    policy::{Policy, Requirement, Rules},
};

/// One response that a guarded operation can give, as the document lists it.
pub(crate) struct DocumentedAnswer {
    pub(crate) status: StatusCode,
    pub(crate) description: &'static str,
    pub(crate) media_types: Vec<&'static str>,
    pub(crate) challenge: bool,
    pub(crate) retry_after: bool,
}

const NOT_AUTHENTICATED: &str = "No credentials, or credentials that are not valid";
const NOT_PERMITTED: &str = "The token does not permit this";
const FORBIDDEN: &str = "Not permitted";
const HIDDEN: &str = "Not found";
const LOGIN_PAGE: &str = "For a browser: to the login page";
const OWN: &str = "Refused";
const INACTIVE: &str = "The user is disabled";
const UNAVAILABLE: &str = "Temporarily unavailable";

/// What can be wrong with any form, one for each status.
const FORM_FAULTS: [(FormFault, &str); 4] = [
    (FormFault::Malformed, "A form that cannot be read"),
    (FormFault::UnknownScope, "A form with fields that are missing or wrong"),
    (FormFault::TooLarge, "A form that is too large"),
    (FormFault::TooSlow, "A form that does not come in time"),
];

impl Answers {
    /// What a handler that is held to these rules can answer before its body runs, one entry for each status.
    pub(crate) fn documented(
        &self,
        rules: Rules<'_>,
        takes_optional: bool,
        authorizes: &[Refusal],
    ) -> Vec<DocumentedAnswer> {
        let mut refusals = self.refusals(rules, takes_optional);
        for refusal in authorizes {
            let description = if *refusal == Refusal::Hidden { HIDDEN } else { FORBIDDEN };
            refusals.push((refusal.clone(), description));
        }
        let mut answers = self.one_for_each_status(refusals, rules);
        if !answers.is_empty() {
            let policies = rules.named();
            let own = policies.iter().flat_map(|named| named.refuse_status);
            let own = own.chain(self.refuse.iter().flat_map(|own| own.statuses)).map(|status| (*status, OWN));
            let own = own.chain(self.login_page.iter().map(|_| (StatusCode::SEE_OTHER, LOGIN_PAGE)));
            for (status, description) in own {
                if !answers.iter().any(|answer| answer.status == status) {
                    let media_types = vec![self.media_type()];
                    answers.push(DocumentedAnswer {
                        status,
                        description,
                        media_types,
                        challenge: false,
                        retry_after: false,
                    });
                }
            }
        }
        answers
    }

    /// What a guard refuses with.
    fn refusals(&self, rules: Rules<'_>, takes_optional: bool) -> Vec<(Refusal, &'static str)> {
        let mut refusals = Vec::new();
        if !rules.is_public() || takes_optional {
            refusals.push((Refusal::NoCredentials, NOT_AUTHENTICATED));
            let leaves = rules.leaves();
            let scoped =
                |one: &Requirement| matches!(one, Requirement::Scheme(_, [_, ..])) || !one.token_scopes().is_empty();
            if leaves.iter().any(|(one, negated)| !negated && scoped(one)) {
                refusals.push((Refusal::InsufficientScope, NOT_PERMITTED));
            }
            if leaves.iter().any(|(one, _)| one.is_about_active_user()) || (takes_optional && rules.is_public()) {
                refusals.push((Refusal::Inactive, INACTIVE));
            }
            if leaves.iter().any(|(one, negated)| *negated || one.is_forbidding()) {
                refusals.push((Refusal::Forbidden, FORBIDDEN));
            }
            refusals.push((Refusal::Unavailable, UNAVAILABLE));
        }
        refusals
    }

    /// What a token endpoint can answer beside a token, one entry for each status.
    pub(crate) fn documented_login(&self) -> Vec<DocumentedAnswer> {
        let client = (Refusal::BadGrant(GrantFault::InvalidClient), "A client that is not the one that it says");
        let cross_site = (Refusal::CrossSite, "A form of another site");
        let more = self.has_clients.then_some(client).into_iter();
        let more = more.chain(self.session_cookie.then_some(cross_site));
        let refusals = [
            (Refusal::BadLogin, "Wrong username or password, or a form that cannot be read"),
            (Refusal::TooManyAttempts(1), "Too many attempts to log in"),
            (Refusal::Unavailable, UNAVAILABLE),
        ];
        let form = FORM_FAULTS.map(|(fault, description)| (Refusal::BadForm(fault), description));
        let all = refusals.into_iter().chain(form).chain(more);
        let mut answers = self.one_for_each_status(all, Rules::of(Policy::PUBLIC));
        if self.session_cookie {
            let (status, description) = (StatusCode::SEE_OTHER, "A session in a cookie, or back to the login page");
            answers.push(DocumentedAnswer {
                status,
                description,
                media_types: Vec::new(),
                challenge: false,
                retry_after: false,
            });
        }
        answers
    }

    fn one_for_each_status(
        &self,
        refusals: impl IntoIterator<Item = (Refusal, &'static str)>,
        rules: Rules<'_>,
    ) -> Vec<DocumentedAnswer> {
        let mut answers: Vec<DocumentedAnswer> = Vec::new();
        for (refusal, description) in refusals {
            let status = self.status(&refusal);
            let media_type = self.media_type_of(&refusal);
            if let Some(answer) = answers.iter_mut().find(|answer| answer.status == status) {
                if !answer.media_types.contains(&media_type) {
                    answer.media_types.push(media_type);
                }
                continue;
            }
            answers.push(DocumentedAnswer {
                status,
                description,
                media_types: vec![media_type],
                challenge: !self.challenges(&refusal, rules).is_empty(),
                retry_after: matches!(refusal, Refusal::Unavailable | Refusal::TooManyAttempts(_)),
            });
        }
        answers
    }

    /// OAuth's own errors are JSON, and the others what the profile has.
    fn media_type_of(&self, refusal: &Refusal) -> &'static str {
        match refusal {
            Refusal::BadLogin | Refusal::BadForm(_) | Refusal::BadGrant(_) => "application/json",
            _ => self.media_type(),
        }
    }

    /// What an endpoint of this library that takes a form can answer, beside that it is done, one entry for each status.
    pub(crate) fn documented_form(&self, rules: Rules<'_>, refusals: &[Refusal]) -> Vec<DocumentedAnswer> {
        let mut all = self.refusals(rules, false);
        let client = Refusal::BadGrant(GrantFault::InvalidClient);
        let of_client = self.has_clients.then_some((client, "A client that is not the one that it says"));
        all.extend(FORM_FAULTS.map(|(fault, description)| (Refusal::BadForm(fault), description)));
        all.extend(of_client);
        all.extend(refusals.iter().map(|refusal| (refusal.clone(), OWN)));
        all.push((Refusal::Unavailable, UNAVAILABLE));
        self.one_for_each_status(all, rules)
    }

    /// The schema of a refusal's body, outside a token endpoint.
    pub(crate) fn schema(&self) -> Object {
        let of = |kind| ObjectBuilder::new().schema_type(SchemaType::Type(kind));
        match self.profile {
            Profile::Standard => of(Type::Object)
                .property("type", of(Type::String))
                .property("title", of(Type::String))
                .property("status", of(Type::Integer))
                .property("detail", of(Type::String)),
            Profile::FastApi => of(Type::Object).property("detail", of(Type::String)),
        }
        .build()
    }
}
