//! From what was written to typed values, and back for showing.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use toml::de::DeValue;

use super::DatabaseUrl;
use super::Destination;
use super::ForwardedHeader;
use super::LdapGroups;
use super::LdapUrl;
use super::LinkRule;
use super::Location;
use super::LogFilter;
use super::LogFormat;
use super::LoginMethod;
use super::Network;
use super::OnRecreate;
use super::Pem;
use super::Period;
use super::ProfileName;
use super::PublicUrl;
use super::Rate;
use super::RoleMap;
use super::Scope;
use super::Secret;
use super::Size;
use super::file;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Raw>),
    /// Names and their values, in the order of the file.
    Table(Vec<(String, Raw)>),
    /// What no setting is, by its name with article: a date.
    Other(&'static str),
    /// The file that holds it could not be read, which has been told.
    Unreadable,
}

/// A type that a setting can have.
pub(super) trait Setting: Sized {
    /// Whether the value must never be shown.
    const SECRET: bool = false;

    /// Whether the value may stand in a file of its own, which `…_file` names.
    const IN_FILE: bool = Self::SECRET;

    /// Reads the value; the error says what is wrong and what would be right. A secret is not repeated in it.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value for `muster config show`.
    fn show(&self) -> Value;

    /// The value of a setting that is not set, if it may be left out.
    fn unset() -> Option<Self> {
        None
    }
}

/// Types that are written as a text and shown as they are written.
macro_rules! written_as_text {
    ($($Type:ty),+ $(,)?) => {$(
        impl Setting for $Type {
            fn read(raw: &Raw) -> Result<Self, String> {
                raw.text()?.parse()
            }

            fn show(&self) -> Value {
                json!(self.to_string())
            }
        }
    )+};
}

written_as_text!(
    LdapGroups,
    LdapUrl,
    Destination,
    Location,
    ForwardedHeader,
    LinkRule,
    LogFilter,
    LogFormat,
    LoginMethod,
    Network,
    OnRecreate,
    Pem,
    Period,
    ProfileName,
    PublicUrl,
    Scope
);

impl Setting for DatabaseUrl {
    /// There may be a password in it.
    const IN_FILE: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text()?.parse()
    }

    fn show(&self) -> Value {
        json!(self.to_string())
    }
}

impl Setting for SocketAddr {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = raw.text()?;
        text.parse().map_err(|_| format!("{text:?} is not an IP address and port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080"))
    }

    fn show(&self) -> Value {
        json!(self.to_string())
    }
}

impl Setting for PathBuf {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "" => Err("must name a file".into()),
            text => Ok(text.into()),
        }
    }

    fn show(&self) -> Value {
        json!(self.display().to_string())
    }
}

impl Setting for Size {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Integer(count) => count.to_string().parse(),
            other => other.text()?.parse(),
        }
    }

    fn show(&self) -> Value {
        json!(self.to_string())
    }
}

impl Setting for Rate {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Integer(count) => count.to_string().parse(),
            other => other.text()?.parse(),
        }
    }

    fn show(&self) -> Value {
        json!(self.to_string())
    }
}

impl Setting for u64 {
    fn read(raw: &Raw) -> Result<Self, String> {
        let not_one = |said: &dyn Display| format!("{said} is not a whole number from 0 on");
        match raw {
            Raw::Integer(count) => Self::try_from(*count).map_err(|_| not_one(count)),
            Raw::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| not_one(&format!("{text:?}"))),
            other => Err(not_one(&other.kind())),
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Setting for bool {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Boolean(value) => Ok(*value),
            Raw::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("{text:?} is neither true nor false")),
            other => Err(format!("must be true or false, not {}", other.kind())),
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Setting for String {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()?.trim() {
            "" => Err("is empty: leave it out or give it a value".into()),
            text => Ok(text.to_owned()),
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "" => Err("is empty: leave it out or give it a value".into()),
            text => Ok(Self::new(text)),
        }
    }

    fn show(&self) -> Value {
        Value::Null
    }
}

impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Result<Self, String> {
        T::read(raw).map(Some)
    }

    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::show)
    }

    fn unset() -> Option<Self> {
        Some(None)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn read(raw: &Raw) -> Result<Self, String> {
        raw.list()?.iter().map(T::read).collect()
    }

    fn show(&self) -> Value {
        self.iter().map(T::show).collect()
    }
}

impl Setting for RoleMap {
    fn read(raw: &Raw) -> Result<Self, String> {
        let entries = raw.table()?.into_iter().map(|(group, role)| {
            let role = role.text().map_err(|why| format!("{group:?}: {why}"))?;
            Ok((group, role.trim().to_owned()))
        });
        Self::new(entries.collect::<Result<_, String>>()?)
    }

    fn show(&self) -> Value {
        self.entries()
            .map(|(group, role)| (group.to_owned(), json!(role)))
            .collect()
    }
}

impl Raw {
    fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(format!("must be text in quotes, not {}", other.kind())),
        }
    }

    /// A list; in the environment it is written as in the file, or as values with commas between.
    fn list(&self) -> Result<Vec<Self>, String> {
        let text = match self {
            Self::List(values) => return Ok(values.clone()),
            Self::Text(text) => text.trim(),
            other => return Err(format!("must be a list, not {}", other.kind())),
        };
        if !text.starts_with('[') {
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            return Ok(parts.map(|part| Self::Text(part.to_owned())).collect());
        }
        match DeValue::parse(text).map(|value| file::raw(value.get_ref())) {
            Ok(Self::List(values)) => Ok(values),
            Ok(_) | Err(_) => Err(r#"must be a list such as a,b or ["a", "b"]"#.into()),
        }
    }

    /// A table; in the environment it is written as in the file, between braces.
    fn table(&self) -> Result<Vec<(String, Self)>, String> {
        let text = match self {
            Self::Table(entries) => return Ok(entries.clone()),
            Self::Text(text) => text.trim(),
            other => return Err(format!("must be a table, not {}", other.kind())),
        };
        match DeValue::parse(text).map(|value| file::raw(value.get_ref())) {
            Ok(Self::Table(entries)) => Ok(entries),
            Ok(_) | Err(_) => Err(r#"must be a table such as { "Writers" = "author" }"#.into()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
            Self::Unreadable => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Result<String, String> {
        Vec::<Network>::read(&Raw::Text(text.into())).map(|networks| networks.show().to_string())
    }

    #[test]
    fn a_list_in_one_variable_is_read_in_three_ways() {
        for said in [
            "10.0.0.0/8,::1",
            " 10.0.0.0/8 , ::1, ",
            r#"["10.0.0.0/8", "::1"]"#,
            "['10.0.0.0/8', '::1']",
        ] {
            assert_eq!(
                networks(said),
                Ok(r#"["10.0.0.0/8","::1"]"#.into()),
                "{said}"
            );
        }
        assert_eq!(networks("[]"), Ok("[]".into()));
        insta::assert_snapshot!(networks(r#"["10.0.0.0/8""#).unwrap_err(), @r#"must be a list such as a,b or ["a", "b"]"#);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_the_right_one() {
        insta::assert_snapshot!(u64::read(&Raw::Integer(-1)).unwrap_err(), @"-1 is not a whole number from 0 on");
        insta::assert_snapshot!(u64::read(&Raw::Text("many".into())).unwrap_err(), @r#""many" is not a whole number from 0 on"#);
        insta::assert_snapshot!(bool::read(&Raw::Text("yes".into())).unwrap_err(), @r#""yes" is neither true nor false"#);
        insta::assert_snapshot!(SocketAddr::read(&Raw::Integer(8080)).unwrap_err(), @"must be text in quotes, not a number");
        insta::assert_snapshot!(Secret::read(&Raw::Text(String::new())).unwrap_err(), @"is empty: leave it out or give it a value");
    }
}
