//! A certificate, written into the settings or named by its file.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

/// PEM text, bare base64 as it stands in metadata, or the path of a file with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pem {
    /// The text itself.
    Text(String),
    /// Where it is.
    File(PathBuf),
}

/// No path is so long, and no certificate so short.
const LONGEST_PATH: usize = 255;

impl Pem {
    /// The text. The error names the file.
    pub fn read(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => {
                fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
            }
        }
    }
}

impl FromStr for Pem {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty: write a certificate as PEM, or the path of its file".to_owned());
        }
        if text.starts_with("-----BEGIN") || text.len() > LONGEST_PATH {
            return Ok(Self::Text(text.to_owned()));
        }
        Ok(Self::File(text.into()))
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("(a certificate)"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_written_or_named() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            &"M".repeat(900),
        ] {
            assert_eq!(text.parse(), Ok(Pem::Text(text.to_owned())));
        }
        assert_eq!("idp.pem".parse(), Ok(Pem::File("idp.pem".into())));
        assert!(Pem::from_str(" ").is_err());
        assert!(
            Pem::File("nowhere.pem".into())
                .read()
                .unwrap_err()
                .starts_with("nowhere.pem: ")
        );
    }
}
