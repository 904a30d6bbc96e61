//! A user as a row: the columns that `#[derive(AuthUser)]` reads off the struct.

use std::fmt;

use crate::password::PasswordHash;

/// One stored value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// Yes or no; a store without booleans keeps 1 or 0.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A value may be a password hash.
        f.write_str(match self {
            Self::Null => "Null",
            Self::Boolean(_) => "Boolean(..)",
            Self::Integer(_) => "Integer(..)",
            Self::Real(_) => "Real(..)",
            Self::Text(_) => "Text(..)",
            Self::Blob(_) => "Blob(..)",
        })
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Real`].
    Real,
    /// [`Value::Text`].
    Text,
    /// [`Value::Blob`].
    Blob,
}

/// A column of the users table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The field's name, or the one that it is given by `#[auth(column = "..")]`.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// What it is to the library.
    pub role: ColumnRole,
}

/// What a column is to the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnRole {
    /// Nothing: the application's own.
    Plain,
    /// The username, by which rows are found.
    Username,
    /// The password hash.
    PasswordHash,
    /// Whether the user is disabled.
    Disabled,
    /// Whether the user's email address is verified.
    Verified,
}

/// A stored value did not fit the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnError {
    /// What the field needs.
    pub expected: &'static str,
}

/// A type of a field that a store can keep in one column.
///
/// `B` is the kind of store, so that a type can be stored differently in each; the types here are the same in all.
///
/// ```
/// use auth_runtime::{Column, ColumnError, ColumnKind, Value};
///
/// /// Stored as one text, separated by spaces.
/// struct Groups(Vec<String>);
///
/// impl<B> Column<B> for Groups {
///     const KIND: ColumnKind = ColumnKind::Text;
///
///     fn to_value(&self) -> Value {
///         Value::Text(self.0.join(" "))
///     }
///
///     fn from_value(value: Value) -> Result<Self, ColumnError> {
///         match value {
///             Value::Text(text) => Ok(Self(text.split(' ').map(str::to_owned).collect())),
///             _ => Err(ColumnError { expected: "groups, separated by spaces" }),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in one column",
    note = "fields of a stored user are strings, booleans, numbers, bytes, or an `Option` of one; implement `Column` for `{Self}`, or keep it in a table of its own"
)]
pub trait Column<B>: Sized {
    /// What the column holds.
    const KIND: ColumnKind;
    /// Whether it may be empty.
    const NULLABLE: bool = false;

    /// The value to store.
    fn to_value(&self) -> Value;

    /// The field of a stored value: of the value alone, and not of the time, since a user may be kept for as long as the row
    /// stays as it is.
    ///
    /// # Errors
    /// [`ColumnError`] if the value does not fit.
    fn from_value(value: Value) -> Result<Self, ColumnError>;
}

/// A user type whose fields are all [`Column`]s, and which a store can therefore keep. `#[derive(AuthUser)]` makes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in this store",
    note = "derive `AuthUser` for it: the columns are read off its fields"
)]
pub trait Record<B>: Sized {
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [ColumnSpec];

    /// The values of the columns, in their order.
    fn to_values(&self) -> Vec<Value>;

    /// The user of a row's values, in the order of the columns.
    ///
    /// # Errors
    /// The name of the column whose value does not fit, and what it needs.
    fn from_values(values: &mut dyn Iterator<Item = Value>) -> Result<Self, (&'static str, ColumnError)>;
}

macro_rules! column {
    ($type:ty, $kind:ident, $expected:literal, $to:expr, $from:expr) => {
        impl<B> Column<B> for $type {
            const KIND: ColumnKind = ColumnKind::$kind;

            fn to_value(&self) -> Value {
                let to: fn(&Self) -> Value = $to;
                to(self)
            }

            fn from_value(value: Value) -> Result<Self, ColumnError> {
                let from: fn(Value) -> Option<Self> = $from;
                from(value).ok_or(ColumnError { expected: $expected })
            }
        }
    };
}

macro_rules! integer_column {
    ($($type:ty),*) => {$(
        column!($type, Integer, "a whole number in the field's range", |number| Value::Integer(i64::from(*number)), |value| {
            match value {
                Value::Integer(number) => Self::try_from(number).ok(),
                _ => None,
            }
        });
    )*};
}

integer_column!(i8, i16, i32, i64, u8, u16, u32);

column!(bool, Boolean, "0 or 1", |flag| Value::Boolean(*flag), |value| match value {
    Value::Boolean(flag) => Some(flag),
    _ => None,
});

column!(f64, Real, "a number", |number| Value::Real(*number), |value| match value {
    Value::Real(number) => Some(number),
    _ => None,
});

column!(String, Text, "text", |text| Value::Text(text.clone()), |value| match value {
    Value::Text(text) => Some(text),
    _ => None,
});

column!(Vec<u8>, Blob, "bytes", |bytes| Value::Blob(bytes.clone()), |value| match value {
    Value::Blob(bytes) => Some(bytes),
    _ => None,
});

column!(PasswordHash, Text, "a password hash", |hash| Value::Text(hash.expose().to_owned()), |value| match value {
    Value::Text(text) => Some(Self::from_stored(text)),
    _ => None,
});

impl<B, T: Column<B>> Column<B> for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Result<Self, ColumnError> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Column<()> + PartialEq + fmt::Debug>(field: T) {
        let value = field.to_value();
        assert_eq!(T::from_value(value), Ok(field));
    }

    #[test]
    fn every_kind_comes_back_as_it_went() {
        round_trip(String::from("grüße \0 \u{1F980}"));
        round_trip(true);
        round_trip(false);
        round_trip(i64::MIN);
        round_trip(u32::MAX);
        round_trip(1.5_f64);
        round_trip(vec![0_u8, 255]);
        round_trip(None::<String>);
        round_trip(Some(7_i32));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(<u8 as Column<()>>::from_value(Value::Integer(256)).is_err());
        assert!(<bool as Column<()>>::from_value(Value::Integer(1)).is_err());
        assert!(<String as Column<()>>::from_value(Value::Null).is_err());
    }
}
