//! Assembling the document of a router.

use std::{any::TypeId, sync::Arc};

use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Required, ResponseBuilder,
    Server,
    header::HeaderBuilder,
    path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, Paths},
    request_body::{RequestBody, RequestBodyBuilder},
    schema::{SchemaType, Type},
};

use super::{
    describe::{Describe, ListedForm, LoginBody, PathParameters, TypedBody, content, unconstrained},
    schemas::Schemas,
    security::Schemes,
};
use crate::{
    endpoint::{Options, Route, Source, Takes},
    error::{Answers, DocumentedAnswer, Refusal},
    grant,
    policy::{Policy, Requirement, Rules},
    user::MAX_NAME_BYTES,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// An endpoint as the router knows it.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) route: Route,
    /// The whole path, with those of the routers that it is nested in.
    pub(crate) path: String,
    pub(crate) policy: Policy,
    /// The policies of the groups that it is in.
    pub(crate) group: Vec<Requirement>,
    /// The type of its users, where it has some.
    pub(crate) users: Option<TypeId>,
    pub(crate) takes: &'static [Takes],
    pub(crate) options: Options,
    pub(crate) source: Source,
    /// How its application answers; `None` for a public endpoint.
    pub(crate) answers: Option<Arc<Answers>>,
    /// The documents that it belongs to.
    pub(crate) documents: Vec<DocumentId>,
}

impl Listed {
    /// What it is held to.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules { group: &self.group, own: self.policy }
    }

    /// Whether it is given what there is of a caller, without asking for one.
    pub(crate) fn takes_optional(&self) -> bool {
        crate::endpoint::knows_caller(self.takes)
    }

    /// The answers of its application.
    pub(crate) fn token_scheme(&self) -> &str {
        self.answers.as_ref().map_or("OAuth2PasswordBearer", |answers| &answers.token_scheme)
    }
}

/// Tells one router's document from another's.
#[derive(Debug, Clone, Default)]
pub(crate) struct DocumentId(Arc<()>);

impl PartialEq for DocumentId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The part of a document that the declarations do not say.
pub(crate) struct Heading<'a> {
    pub(crate) title: &'a str,
    pub(crate) version: &'a str,
    /// The path under which all the operations are, left out of theirs.
    pub(crate) base: &'a str,
    /// Where tokens are had, if no token endpoint is mounted.
    pub(crate) token_url: Option<&'a str>,
}

/// The document of these endpoints.
pub(crate) fn document(endpoints: &[&Listed], heading: &Heading<'_>) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new();
    let mut schemas = Schemas::default();
    let mut schemes = Schemes::default();
    let mut operation_ids: Vec<String> = Vec::new();
    // A public endpoint has no answers of its own, and what it may refuse a form with is the application's.
    let of_application = endpoints.iter().find_map(|endpoint| endpoint.answers.clone()).unwrap_or_default();

    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.route.websocket) {
        let mut description = Describe { schemas: std::mem::take(&mut schemas), ..Describe::default() };
        (endpoint.route.describe)(&mut description);
        let path = match endpoint.path.strip_prefix(heading.base) {
            None => &endpoint.path,
            Some("") => "/",
            Some(path) => path,
        };
        schemes.add_operation(endpoint, description.login.as_ref(), path);
        schemas = std::mem::take(&mut description.schemas);
        let id = unique(endpoint.route.operation_id.unwrap_or(endpoint.source.name), &mut operation_ids);
        let operation = operation(endpoint, description, &of_application, path, id);
        if let Some(method) = http_method(endpoint.route.method) {
            let item = PathItem::new(method, operation);
            match paths.paths.get_mut(&document_path(path)) {
                Some(present) => present.merge_operations(item),
                None => drop(paths.paths.insert(document_path(path), item)),
            }
        }
    }

    for (name, schema) in schemas.into_iter() {
        components = components.schema(name, schema);
    }
    for (name, scheme) in schemes.into_components(heading.token_url) {
        components = components.security_scheme(name, scheme);
    }
    let servers = (!heading.base.is_empty()).then(|| vec![Server::new(heading.base)]);
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title(heading.title).version(heading.version).build())
        .servers(servers)
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

/// `name`, or `name_2` where it is taken.
fn unique(name: &str, taken: &mut Vec<String>) -> String {
    let mut id = name.to_owned();
    let mut number = 1;
    while taken.contains(&id) {
        number += 1;
        id = format!("{name}_{number}");
    }
    taken.push(id.clone());
    id
}

/// OpenAPI writes a parameter for the rest of a path as any other.
fn document_path(path: &str) -> String {
    path.replace("{*", "{")
}

fn http_method(method: &str) -> Option<HttpMethod> {
    Some(match method {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        "HEAD" => HttpMethod::Head,
        "OPTIONS" => HttpMethod::Options,
        _ => return None,
    })
}

fn operation(endpoint: &Listed, description: Describe, of_application: &Answers, path: &str, id: String) -> Operation {
    let mut docs = endpoint.source.docs.iter().map(|line| line.trim()).skip_while(|line| line.is_empty());
    let summary = docs.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let rest = docs.collect::<Vec<_>>().join("\n").trim().to_owned();

    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary((!summary.is_empty()).then_some(summary))
        .description((!rest.is_empty()).then_some(rest));
    if let Some(tag) = endpoint.route.tag {
        operation = operation.tag(tag);
    }
    operation = path_parameters(operation, path, description.path);
    for parameter in description.query {
        operation = operation.parameter(parameter);
    }
    if let Some((media_type, schema)) = description.body {
        let body = RequestBodyBuilder::new().content(media_type, content(schema)).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    if let Some(required) = description.login_form {
        operation = operation.request_body(Some(login_form(required, false)));
    }
    if let Some(listed) = description.form {
        let answers = endpoint.answers.as_deref().unwrap_or(of_application);
        let is_registration = listed.required == ["username", "password"];
        let fields = listed.required.iter().map(|field| {
            let schema = match *field {
                "new_password" => field_schema(field).min_length(Some(answers.least_password)),
                "password" if is_registration => field_schema(field).min_length(Some(answers.least_password)),
                "username" | "email" if listed.required != ["username"] => {
                    field_schema(field).max_length(Some(MAX_NAME_BYTES)).pattern(Some(NAME))
                }
                _ => field_schema(field).min_length(Some(1)),
            };
            (*field, schema)
        });
        operation = operation.request_body(Some(form(fields, listed.required)));
        return security(form_answers(operation, &listed, endpoint, answers, description.responses), endpoint).build();
    }
    match (&description.login, &endpoint.answers) {
        (Some(login), Some(answers)) => operation = token_endpoint(operation, login, answers),
        _ => {
            for (status, body) in description.responses {
                let mut response = ResponseBuilder::new().description("Successful Response");
                if let Some((media_type, schema)) = body {
                    response = response.content(media_type, content(schema));
                }
                operation = operation.response(status, response.build());
            }
        }
    }
    security(refusals(operation, endpoint), endpoint).build()
}

fn path_parameters(mut operation: OperationBuilder, path: &str, known: PathParameters) -> OperationBuilder {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let (mut in_order, by_name) = match known {
        PathParameters::Unknown => (Vec::new(), Vec::new()),
        PathParameters::InOrder(schemas) => (schemas, Vec::new()),
        PathParameters::ByName(schemas) => (Vec::new(), schemas),
    };
    in_order.reverse();
    for name in names.map(|name| name.trim_start_matches('*')) {
        let schema = in_order
            .pop()
            .or_else(|| by_name.iter().find(|(known, _)| known == name).map(|(_, schema)| schema.clone()))
            .unwrap_or_else(unconstrained);
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(schema))
                .build(),
        );
    }
    operation
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object))
}

/// A login form; `others` if the endpoint also takes what is no login, so that no field has to be there.
fn login_form(required: &[&str], others: bool) -> RequestBody {
    const FIELDS: [&str; 6] = ["grant_type", "username", "password", "scope", "client_id", "client_secret"];
    let renewal = others.then_some("refresh_token");
    let fields = FIELDS.into_iter().chain(renewal).map(|field| match field {
        "grant_type" if !others => (field, string().pattern(Some("^password$"))),
        _ => (field, field_schema(field)),
    });
    form(fields, if others { &[] } else { required })
}

/// A name that can be kept: without control characters, and without blanks around it.
const NAME: &str = r"^[^\u0000-\u0020\u007f-\u00a0]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0])?$";

/// What an endpoint of this library answers that takes a form.
fn form_answers(
    mut operation: OperationBuilder,
    listed: &ListedForm,
    endpoint: &Listed,
    answers: &Answers,
    responses: Vec<(&'static str, Option<TypedBody>)>,
) -> OperationBuilder {
    let mut done = ResponseBuilder::new().description("Done");
    for (media_type, schema) in responses.into_iter().filter_map(|(_, body)| body) {
        done = done.content(media_type, content(schema));
    }
    operation = operation.response(listed.done.as_str(), done.build());
    for answer in answers.documented_form(endpoint.rules(), listed.refusals) {
        let mut response = ResponseBuilder::new().description(answer.description);
        for media_type in &answer.media_types {
            response = response.content(*media_type, content(unconstrained()));
        }
        operation = operation.response(answer.status.as_str(), with_headers(response, &answer).build());
    }
    operation
}

fn field_schema(field: &str) -> ObjectBuilder {
    match field {
        "password" | "new_password" | "client_secret" | "refresh_token" | "token" => {
            string().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Password)))
        }
        _ => string(),
    }
}

fn form<'a>(fields: impl Iterator<Item = (&'a str, ObjectBuilder)>, required: &[&str]) -> RequestBody {
    let mut form = object();
    for (field, schema) in fields {
        form = form.property(field, schema);
    }
    for field in required {
        form = form.required(*field);
    }
    let form = form.build();
    RequestBodyBuilder::new()
        .content(FORM, content(form.clone().into()))
        .content("multipart/form-data", content(form.into()))
        .required(Some(Required::True))
        .build()
}

fn token_endpoint(operation: OperationBuilder, login: &LoginBody, answers: &Answers) -> OperationBuilder {
    let others = answers.refresh_tokens || answers.has_clients;
    let mut token = object();
    for field in grant::response_fields(answers) {
        let kind = if field.number { Type::Integer } else { Type::String };
        token = token.property(field.name, ObjectBuilder::new().schema_type(SchemaType::Type(kind)));
        if field.always {
            token = token.required(field.name);
        }
    }
    let mut operation = operation.request_body(Some(login_form(login.required, others))).response(
        "200",
        ResponseBuilder::new()
            .description("An access token")
            .content("application/json", content(token.build().into()))
            .build(),
    );
    for answer in answers.documented_login() {
        let mut response = ResponseBuilder::new().description(answer.description);
        for media_type in &answer.media_types {
            response = response.content(*media_type, content(unconstrained()));
        }
        operation = operation.response(answer.status.as_str(), with_headers(response, &answer).build());
    }
    operation
}

/// The responses that the guard gives, exactly as it gives them.
fn refusals(mut operation: OperationBuilder, endpoint: &Listed) -> OperationBuilder {
    let Some(answers) = &endpoint.answers else { return operation };
    let rules = endpoint.options.rules();
    let by_rules: Vec<Refusal> =
        rules.map(|rule| if rule.hides { Refusal::Hidden } else { Refusal::Forbidden }).collect();
    for answer in answers.documented(endpoint.rules(), endpoint.takes_optional(), &by_rules) {
        let response = ResponseBuilder::new()
            .description(answer.description)
            .content(answers.media_type(), content(answers.schema().into()));
        operation = operation.response(answer.status.as_str(), with_headers(response, &answer).build());
    }
    operation
}

fn with_headers(mut response: ResponseBuilder, answer: &DocumentedAnswer) -> ResponseBuilder {
    if answer.challenge {
        let header = HeaderBuilder::new().schema(Some(string())).description(Some("The challenge (RFC 9110)"));
        response = response.header("WWW-Authenticate", header.build());
    }
    if answer.retry_after {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer))))
            .description(Some("Seconds to wait"));
        response = response.header("Retry-After", header.build());
    }
    response
}

fn security(mut operation: OperationBuilder, endpoint: &Listed) -> OperationBuilder {
    for requirement in super::security::requirements(endpoint) {
        operation = operation.security(requirement);
    }
    operation
}
