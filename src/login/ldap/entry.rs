//! An entry of a directory: its name, and values by attributes whose names have no case.

use std::collections::BTreeMap;

use ldap3::SearchEntry;

/// An entry as far as it was asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// Its name.
    pub(super) dn: String,
    values: BTreeMap<String, Vec<Vec<u8>>>,
    /// Attributes of which the directory kept values back (`memberOf;range=0-1499`).
    pub(super) cut: Vec<String>,
}

impl Entry {
    /// All values of an attribute.
    pub(super) fn bytes(&self, name: &str) -> &[Vec<u8>] {
        let values = self.values.get(&name.to_ascii_lowercase());
        values.map_or(&[], Vec::as_slice)
    }

    /// The values of an attribute that are text, without blanks around them.
    pub(super) fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let texts = self.bytes(name).iter();
        texts
            .filter_map(|value| std::str::from_utf8(value).ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The first value of the first of these attributes that has one, and the name of the attribute.
    pub(super) fn first<'a>(&'a self, names: &'a [String]) -> Option<(&'a str, &'a str)> {
        names
            .iter()
            .find_map(|name| Some((name.as_str(), self.texts(name).next()?)))
    }

    fn put(&mut self, name: &str, values: Vec<Vec<u8>>) {
        let name = name.to_ascii_lowercase();
        let name = match name.split_once(";range=") {
            None => name,
            Some((name, range)) => {
                if !range.ends_with('*') {
                    self.cut.push(name.to_owned());
                }
                name.to_owned()
            }
        };
        self.values.entry(name).or_default().extend(values);
    }

    #[cfg(test)]
    pub(super) fn new(dn: &str, values: &[(&str, &[&[u8]])]) -> Self {
        let mut entry = Self {
            dn: dn.to_owned(),
            ..Self::default()
        };
        for (name, values) in values {
            entry.put(name, values.iter().map(|value| value.to_vec()).collect());
        }
        entry
    }
}

impl From<SearchEntry> for Entry {
    /// A value that is no text takes all values of its attribute into `bin_attrs`.
    fn from(found: SearchEntry) -> Self {
        let mut entry = Self {
            dn: found.dn,
            ..Self::default()
        };
        for (name, values) in found.attrs {
            entry.put(&name, values.into_iter().map(String::into_bytes).collect());
        }
        for (name, values) in found.bin_attrs {
            entry.put(&name, values);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attributes_have_no_case_and_values_no_blanks_around() {
        let entry = Entry::new(
            "cn=a",
            &[
                ("MAIL", &[b" a@b ", b"", b"\xff"]),
                ("memberOf;range=0-1", &[b"x", b"y"]),
            ],
        );
        assert_eq!(entry.texts("mail").collect::<Vec<_>>(), ["a@b"]);
        assert_eq!(entry.bytes("Mail").len(), 3);
        assert_eq!(entry.bytes("memberof").len(), 2);
        assert_eq!(entry.cut, ["memberof"]);
        assert_eq!(
            entry.first(&["cn".into(), "mail".into()]),
            Some(("mail", "a@b"))
        );
        assert_eq!(entry.first(&["cn".into()]), None);
    }
}
