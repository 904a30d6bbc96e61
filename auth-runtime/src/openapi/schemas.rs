//! The named schemas of a document. Two types may have one name, in different modules; each keeps its own schema.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// Where a schema refers to another.
const PREFIX: &str = "#/components/schemas/";

/// Schemas by name.
#[derive(Default)]
pub(crate) struct Schemas(Vec<(String, RefOr<Schema>)>);

/// New names for old ones.
type Renames = Vec<(String, String)>;

impl Schemas {
    /// Adds the schemas of a type, and gives back `schema`, which refers to them. A name that another type has already gets a
    /// number.
    pub(crate) fn add(&mut self, mut described: Vec<(String, RefOr<Schema>)>, schema: RefOr<Schema>) -> RefOr<Schema> {
        let taken: Vec<String> = described
            .iter()
            .filter(|(name, schema)| self.find(name).is_some_and(|present| present != schema))
            .map(|(name, _)| name.clone())
            .collect();
        let mut renames = Renames::new();
        let mut number = 1;
        while !taken.is_empty() {
            number += 1;
            renames = taken.iter().map(|name| (name.clone(), format!("{name}{number}"))).collect();
            let renamed: Vec<_> = described.iter().map(|(name, schema)| rename_both(name, schema, &renames)).collect();
            let free =
                |(name, schema): &(String, RefOr<Schema>)| self.find(name).is_none_or(|present| present == schema);
            if renamed.iter().all(free) {
                described = renamed;
                break;
            }
        }
        for (name, schema) in described {
            if self.find(&name).is_none() {
                self.0.push((name, schema));
            }
        }
        if renames.is_empty() { schema } else { rename(&schema, &renames) }
    }

    /// All of them.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        self.0.into_iter()
    }

    fn find(&self, name: &str) -> Option<&RefOr<Schema>> {
        self.0.iter().find(|(present, _)| present == name).map(|(_, schema)| schema)
    }
}

fn rename_both(name: &str, schema: &RefOr<Schema>, renames: &Renames) -> (String, RefOr<Schema>) {
    let new = renames.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new);
    (new.to_owned(), rename(schema, renames))
}

/// The schema with its references renamed. Through JSON, where a reference looks the same wherever it stands.
fn rename(schema: &RefOr<Schema>, renames: &Renames) -> RefOr<Schema> {
    let renamed = serde_json::to_value(schema).and_then(|mut value| {
        rename_within(&mut value, renames);
        serde_json::from_value(value)
    });
    renamed.unwrap_or_else(|_| schema.clone())
}

fn rename_within(value: &mut Value, renames: &Renames) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rename_within(item, renames)),
        Value::Object(entries) => {
            if let Some(Value::String(reference)) = entries.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(PREFIX)
                && let Some((_, new)) = renames.iter().find(|(old, _)| old == name)
            {
                *reference = format!("{PREFIX}{new}");
            }
            entries.values_mut().for_each(|entry| rename_within(entry, renames));
        }
        _ => {}
    }
}
