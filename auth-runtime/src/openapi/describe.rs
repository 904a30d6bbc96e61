//! What a handler's signature says of itself.
//!
//! A generated `describe` function asks, for each argument type `T`, `Argument::<T>::NEW.describe(operation)`. Method
//! resolution takes the first that fits: an inherent method where the types are known and described (`Json<T>` with
//! `T: ToSchema`), then a trait on the probe for a known extractor of an undescribed type, then a trait on a reference to
//! it for all others. So aliases, renames and generics work; the macro leaves out `State<..>` and `Extension<..>` alone, by their
//! names, which are in no document.

use std::{borrow::Cow, marker::PhantomData};

use axum::{
    Form as UrlEncoded, Json,
    extract::{Multipart, Path, Query},
    http::StatusCode,
    response::Html,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Ref, RefOr, Required, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{Object, ObjectBuilder, SchemaType, Type},
    },
};

use super::schemas::Schemas;
use crate::{
    endpoint::{GuardArgument, Takes},
    endpoints::{Form, FormFields},
    error::Refusal,
    form::{LoginForm, PasswordRequestForm, PasswordRequestFormStrict},
    grant::IntoGrant,
    scope::RequestedScope,
    user::AuthUser,
};

/// The form of an endpoint of this library, and what the endpoint answers.
#[derive(Clone, Copy)]
pub(crate) struct ListedForm {
    pub(crate) required: &'static [&'static str],
    pub(crate) done: StatusCode,
    pub(crate) refusals: &'static [Refusal],
}

/// One operation under description.
#[derive(Default)]
pub struct Describe {
    pub(crate) path: PathParameters,
    pub(crate) query: Vec<Parameter>,
    pub(crate) body: Option<TypedBody>,
    pub(crate) login: Option<LoginBody>,
    /// A login form that the handler reads itself: the fields that it requires.
    pub(crate) login_form: Option<&'static [&'static str]>,
    /// A form of an endpoint of this library: the fields that it requires.
    pub(crate) form: Option<ListedForm>,
    pub(crate) responses: Vec<(&'static str, Option<TypedBody>)>,
    /// Those of all operations so far.
    pub(crate) schemas: Schemas,
}

/// A body: its media type and its schema.
pub(crate) type TypedBody = (&'static str, RefOr<Schema>);

/// The schemas of path parameters.
#[derive(Default)]
pub(crate) enum PathParameters {
    #[default]
    Unknown,
    /// In the order in which they stand in the path.
    InOrder(Vec<RefOr<Schema>>),
    ByName(Vec<(String, RefOr<Schema>)>),
}

/// The form of a token endpoint.
#[derive(Default)]
pub(crate) struct LoginBody {
    pub(crate) required: &'static [&'static str],
    pub(crate) scopes: Vec<(&'static str, &'static str)>,
}

impl LoginBody {
    fn add_scopes(&mut self, scopes: Vec<(&'static str, &'static str)>) {
        for scope in scopes {
            if !self.scopes.contains(&scope) {
                self.scopes.push(scope);
            }
        }
    }
}

impl Describe {
    /// The first parameter of a token endpoint is a user.
    pub fn login_user<U: AuthUser>(&mut self) {
        self.login.get_or_insert_default();
    }

    /// The last parameter of a token endpoint is the form.
    pub fn login_form<F: LoginForm>(&mut self) {
        let login = self.login.get_or_insert_default();
        login.required = F::REQUIRED;
        login.add_scopes(F::Scope::known());
    }

    /// A token endpoint returns a grant.
    pub fn grant<G: IntoGrant>(&mut self) {
        self.login.get_or_insert_default().add_scopes(G::Scope::known());
    }

    /// A schema by reference where it has a name of its own, and inline where it is a list, an optional or a primitive.
    fn schema_of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut described = Vec::new();
        T::schemas(&mut described);
        let schema = T::schema();
        let named = match &schema {
            RefOr::T(Schema::Object(object)) => {
                !object.properties.is_empty() || object.enum_values.is_some() || object.title.is_some()
            }
            RefOr::T(Schema::OneOf(_) | Schema::AllOf(_) | Schema::AnyOf(_)) => !is_optional::<T>(),
            RefOr::T(_) | RefOr::Ref(_) => false,
        };
        if !named {
            return self.schemas.add(described, schema);
        }
        let name: Cow<'_, str> = T::name();
        described.push((name.to_string(), schema));
        self.schemas.add(described, RefOr::Ref(Ref::from_schema_name(name)))
    }

    /// The properties of a type's schema: name, schema, whether it is required.
    fn properties_of<T: ToSchema>(&mut self) -> Vec<(String, RefOr<Schema>, bool)> {
        let mut described = Vec::new();
        T::schemas(&mut described);
        let schema = self.schemas.add(described, T::schema());
        let mut properties = Vec::new();
        collect_properties(schema, &mut properties);
        properties
    }

    fn respond(&mut self, status: &'static str, content: Option<TypedBody>) {
        self.responses.push((status, content));
    }
}

/// utoipa writes an optional type as one of null and the type.
fn is_optional<T: ToSchema>() -> bool {
    T::name() == "Option"
}

/// A schema that says nothing.
pub(crate) fn unconstrained() -> RefOr<Schema> {
    RefOr::T(Schema::Object(Object::with_type(SchemaType::AnyValue)))
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build()))
}

const JSON: &str = "application/json";
const URL_ENCODED: &str = "application/x-www-form-urlencoded";
const TEXT: &str = "text/plain";

/// Asks what an argument of type `T` says of the operation, and what it takes from the guard.
pub struct Argument<T>(PhantomData<fn() -> T>);

impl<T> Argument<T> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

/// The answer to what an argument takes from the guard, where nothing else is known.
pub trait NoUser {
    /// [`Takes::Nothing`].
    const TAKES: Takes = Takes::Nothing;
}

impl<T> NoUser for Argument<T> {}

impl<T: GuardArgument> Argument<T> {
    /// What it takes.
    pub const TAKES: Takes = T::TAKES;
}

impl<T: GuardArgument> Argument<Option<T>> {
    /// What it takes, if there is one.
    pub const TAKES: Takes = T::TAKES_OPTIONAL;
}

impl<T: ToSchema> Argument<Json<T>> {
    /// A JSON body.
    pub fn describe(self, operation: &mut Describe) {
        let schema = operation.schema_of::<T>();
        operation.body = Some((JSON, schema));
    }
}

impl<T: ToSchema> Argument<UrlEncoded<T>> {
    /// A form body.
    pub fn describe(self, operation: &mut Describe) {
        let schema = operation.schema_of::<T>();
        operation.body = Some((URL_ENCODED, schema));
    }
}

impl<T: ToSchema> Argument<Query<T>> {
    /// Query parameters: the properties of the schema.
    pub fn describe(self, operation: &mut Describe) {
        for (name, schema, required) in operation.properties_of::<T>() {
            let required = if required { Required::True } else { Required::False };
            operation.query.push(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Query)
                    .required(required)
                    .schema(Some(schema))
                    .build(),
            );
        }
    }
}

impl<T: ToSchema> Argument<Path<T>> {
    /// Path parameters: the properties of the schema, or the one value that it describes.
    pub fn describe(self, operation: &mut Describe) {
        let properties = operation.properties_of::<T>();
        operation.path = if properties.is_empty() {
            PathParameters::InOrder(vec![operation.schema_of::<T>()])
        } else {
            PathParameters::ByName(properties.into_iter().map(|(name, schema, _)| (name, schema)).collect())
        };
    }
}

/// Properties of an object, with those of the schemas that it is composed of.
fn collect_properties(schema: RefOr<Schema>, properties: &mut Vec<(String, RefOr<Schema>, bool)>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            for (name, schema) in object.properties {
                let required = object.required.contains(&name);
                properties.push((name, schema, required));
            }
        }
        RefOr::T(Schema::AllOf(all)) => {
            for item in all.items {
                collect_properties(item, properties);
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

/// Known extractors of types without a schema.
pub trait KnownArgument {
    /// Describes what is known of them.
    fn describe(self, operation: &mut Describe);
}

impl<T> KnownArgument for Argument<Json<T>> {
    fn describe(self, operation: &mut Describe) {
        operation.body = Some((JSON, unconstrained()));
    }
}

impl<T> KnownArgument for Argument<UrlEncoded<T>> {
    fn describe(self, operation: &mut Describe) {
        operation.body = Some((URL_ENCODED, unconstrained()));
    }
}

impl KnownArgument for Argument<Multipart> {
    fn describe(self, operation: &mut Describe) {
        operation.body = Some(("multipart/form-data", unconstrained()));
    }
}

impl KnownArgument for Argument<String> {
    fn describe(self, operation: &mut Describe) {
        operation.body = Some((TEXT, text()));
    }
}

impl<S: RequestedScope> KnownArgument for Argument<PasswordRequestForm<S>> {
    fn describe(self, operation: &mut Describe) {
        operation.login_form = Some(PasswordRequestForm::<S>::REQUIRED);
    }
}

impl<S: RequestedScope> KnownArgument for Argument<PasswordRequestFormStrict<S>> {
    fn describe(self, operation: &mut Describe) {
        operation.login_form = Some(PasswordRequestFormStrict::<S>::REQUIRED);
    }
}

impl<F: FormFields> KnownArgument for Argument<Form<F>> {
    fn describe(self, operation: &mut Describe) {
        operation.form = Some(ListedForm { required: F::REQUIRED, done: F::DONE, refusals: F::REFUSALS });
    }
}

// Path parameters as a tuple, in order.
macro_rules! path_tuple {
    ($($parameter:ident),*) => {
        impl<$($parameter: PartialSchema),*> KnownArgument for Argument<Path<($($parameter,)*)>> {
            fn describe(self, operation: &mut Describe) {
                operation.path = PathParameters::InOrder(vec![$($parameter::schema()),*]);
            }
        }
    };
}

path_tuple!(A);
path_tuple!(A, B);
path_tuple!(A, B, C);
path_tuple!(A, B, C, D);
path_tuple!(A, B, C, D, E);

/// Every other argument.
pub trait AnyArgument {
    /// Says nothing.
    fn describe(self, operation: &mut Describe);
}

impl<T> AnyArgument for &Argument<T> {
    fn describe(self, _: &mut Describe) {}
}

/// Asks what a result of type `T` says of the operation.
pub struct Output<T>(PhantomData<fn() -> T>);

impl<T> Output<T> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: ToSchema> Output<Json<T>> {
    /// A JSON response.
    pub fn describe(self, operation: &mut Describe) {
        let schema = operation.schema_of::<T>();
        operation.respond("200", Some((JSON, schema)));
    }
}

impl<T: ToSchema, E> Output<Result<Json<T>, E>> {
    /// A JSON response, or the handler's own error.
    pub fn describe(self, operation: &mut Describe) {
        Output::<Json<T>>::NEW.describe(operation);
    }
}

impl<T: ToSchema> Output<(StatusCode, Json<T>)> {
    /// A JSON response of a status that the type does not tell.
    pub fn describe(self, operation: &mut Describe) {
        let schema = operation.schema_of::<T>();
        operation.respond("default", Some((JSON, schema)));
    }
}

impl<T: ToSchema, E> Output<Result<(StatusCode, Json<T>), E>> {
    /// The same, or the handler's own error.
    pub fn describe(self, operation: &mut Describe) {
        Output::<(StatusCode, Json<T>)>::NEW.describe(operation);
    }
}

impl KnownOutput for Output<()> {
    fn describe(self, operation: &mut Describe) {
        operation.respond("200", None);
    }
}

/// Known results of types without a schema.
pub trait KnownOutput {
    /// Describes what is known of them.
    fn describe(self, operation: &mut Describe);
}

impl<T> KnownOutput for Output<Json<T>> {
    fn describe(self, operation: &mut Describe) {
        operation.respond("200", Some((JSON, unconstrained())));
    }
}

macro_rules! text_output {
    ($($type:ty),*) => {$(
        impl KnownOutput for Output<$type> {
            fn describe(self, operation: &mut Describe) {
                operation.respond("200", Some((TEXT, text())));
            }
        }
    )*};
}

text_output!(String, &'static str, Cow<'static, str>);

impl<T> KnownOutput for Output<Html<T>> {
    fn describe(self, operation: &mut Describe) {
        operation.respond("200", Some(("text/html", text())));
    }
}

impl KnownOutput for Output<StatusCode> {
    fn describe(self, operation: &mut Describe) {
        operation.respond("default", None);
    }
}

/// Every other result.
pub trait AnyOutput {
    /// Says that there is one.
    fn describe(self, operation: &mut Describe);
}

impl<T> AnyOutput for &Output<T> {
    fn describe(self, operation: &mut Describe) {
        operation.respond("default", None);
    }
}

pub(crate) fn content(schema: RefOr<Schema>) -> Content {
    Content::new(Some(schema))
}
