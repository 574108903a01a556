//! What is wrong with schema and resource-type documents: a list, as all faults are told at once.

use std::fmt;

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFault {
    /// The name of the document's file.
    pub file: String,
    /// Where in it, such as `attributes[3].subAttributes[1].type`; empty for the whole document.
    pub place: String,
    /// What is wrong and what would mend it.
    pub why: String,
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "{}: {}", self.file, self.why)
        } else {
            write!(f, "{}: {}: {}", self.file, self.place, self.why)
        }
    }
}

/// Everything that is wrong with the documents, file by file, a line each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFaults(pub Vec<DocumentFault>);

impl fmt::Display for DocumentFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for DocumentFaults {}

impl DocumentFaults {
    pub(super) fn add(&mut self, at: &Place, why: impl Into<String>) {
        self.0.push(DocumentFault {
            file: at.file.clone(),
            place: at.path.clone(),
            why: why.into(),
        });
    }
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) path: String,
}

impl Place {
    pub(super) fn file(name: &str) -> Self {
        Self {
            file: name.to_owned(),
            path: String::new(),
        }
    }

    pub(super) fn member(&self, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self {
            file: self.file.clone(),
            path,
        }
    }

    pub(super) fn element(&self, ordinal: usize) -> Self {
        Self {
            file: self.file.clone(),
            path: format!("{}[{ordinal}]", self.path),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.path.as_str()) {
            (file, "") => f.write_str(file),
            (file, path) => write!(f, "{file}: {path}"),
        }
    }
}
