//! Reads the TOML of a settings file into keys, values and lines.

use toml::de::DeTable;
use toml::de::DeValue;

use super::Fault;
use super::Origin;
use super::layers::Said;
use super::value::Raw;

/// Reads a file; `origin` makes an origin of a line number. Errors name lines and never repeat
/// them, as a secret may stand there.
pub(super) fn read(text: &str, origin: &dyn Fn(usize) -> Origin) -> Result<Vec<Said>, Vec<Fault>> {
    let at = |offset: usize| {
        let before = text.as_bytes().iter().take(offset);
        origin(1 + before.filter(|byte| **byte == b'\n').count())
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let fault = |e: &toml::de::Error| Fault {
            name: None,
            origin: Some(at(e.span().map_or(0, |span| span.start))),
            why: format!("is not TOML: {}", e.message().replace('\n', "; ")),
        };
        return Err(errors.iter().map(fault).collect());
    }
    let mut all = Vec::new();
    for (name, value) in table.get_ref() {
        let DeValue::Table(section) = value.get_ref() else {
            let origin = at(name.span().start);
            all.push(Said {
                path: name.get_ref().to_string(),
                raw: raw(value.get_ref()),
                origin,
            });
            continue;
        };
        all.extend(section.iter().map(|(key, value)| Said {
            path: format!("{}.{}", name.get_ref(), key.get_ref()),
            raw: raw(value.get_ref()),
            origin: at(key.span().start),
        }));
    }
    Ok(all)
}

/// A TOML value as it was written.
pub(super) fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
            .map_or(Raw::Other("a number so large"), Raw::Integer),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Array(values) => {
            Raw::List(values.iter().map(|value| raw(value.get_ref())).collect())
        }
        DeValue::Float(_) => Raw::Other("a number with a point"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(table) => Raw::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), raw(value.get_ref())))
                .collect(),
        ),
    }
}
