//! Where a document is: at a URL or in a file.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A document that is fetched from a URL or read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// `https://…`; `http://…` only to hosts of `outbound.allow`.
    Url(String),
    /// A path.
    File(PathBuf),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match scheme.map(str::to_ascii_lowercase).as_deref() {
            Some("https" | "http") => Ok(Self::Url(text.to_owned())),
            Some("file") => Err(format!(
                "{text:?}: write the path of a file without file://"
            )),
            Some(_) => Err(format!("{text:?} is neither an https URL nor a path")),
            None if text.is_empty() => Err("is empty: write an https URL or a path".to_owned()),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_url_or_a_path() {
        let url = "https://login.example.org/keys";
        assert_eq!(url.parse(), Ok(Location::Url(url.to_owned())));
        assert_eq!("keys.json".parse(), Ok(Location::File("keys.json".into())));
        for text in ["", "file:///keys.json", "ftp://example.org/keys"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
