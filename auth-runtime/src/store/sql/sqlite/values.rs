//! Values, as SQLite keeps them.

use rusqlite::{
    Row, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::store::{ColumnKind, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Boolean(flag) => ValueRef::Integer(i64::from(*flag)),
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What is there, of whatever kind it is. Text that is none is bytes.
pub(super) fn values(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..row.as_ref().column_count())
        .map(|index| {
            Ok(match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Value::Text(text.to_owned()),
                    Err(_) => Value::Blob(text.to_vec()),
                },
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            })
        })
        .collect()
}

/// The value, or what it should be: one of another kind is never taken for none.
pub(super) fn of_kind(value: Value, kind: ColumnKind) -> Result<Value, &'static str> {
    match (kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (ColumnKind::Boolean, Value::Integer(0)) => Ok(Value::Boolean(false)),
        (ColumnKind::Boolean, Value::Integer(1)) => Ok(Value::Boolean(true)),
        (ColumnKind::Integer, value @ Value::Integer(_))
        | (ColumnKind::Real, value @ Value::Real(_))
        | (ColumnKind::Text, value @ Value::Text(_))
        | (ColumnKind::Blob, value @ Value::Blob(_)) => Ok(value),
        (ColumnKind::Blob, Value::Text(text)) => Ok(Value::Blob(text.into_bytes())),
        (ColumnKind::Boolean, _) => Err("0 or 1"),
        (ColumnKind::Integer, _) => Err("a whole number"),
        (ColumnKind::Real, _) => Err("a number"),
        (ColumnKind::Text, _) => Err("text"),
        (ColumnKind::Blob, _) => Err("bytes"),
    }
}
