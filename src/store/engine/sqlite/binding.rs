//! Binding of parameters, by name.

use super::{Statement, ToSqlOutput, ValueRef, failed};
use crate::store::engine::Param;
use crate::store::{Error, Result};

/// Binds by name: `$3` is a name here, and SQLite numbers names by their first appearance.
pub(super) fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number: Option<usize> = name.strip_prefix('$').and_then(|text| text.parse().ok());
        let param = number.and_then(|number| params.get(number.checked_sub(1)?));
        let Some(param) = param else {
            return Err(Error::Other(format!(
                "no value for {name} of the statement"
            )));
        };
        let value = ToSqlOutput::Borrowed(match param {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        });
        statement.raw_bind_parameter(index, value).map_err(failed)?;
    }
    if statement.parameter_count() != params.len() {
        return Err(Error::Other(format!(
            "{} parameters for a statement with {}",
            params.len(),
            statement.parameter_count()
        )));
    }
    Ok(())
}
