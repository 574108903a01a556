//! What a change changed: attributes before and after, and members that came and went.

use serde_json::{Map, Value, json};

use crate::scim::resource::Document;
use crate::store::{MemberChange, Names};

/// A value that is longer as JSON is recorded by its length alone: a name or an address fits many times, a photo or a
/// certificate does not.
const VALUE_BYTES: usize = 2 * 1024;
/// Past this many bytes of JSON only names are recorded: sixteen values of the longest kind.
const VALUES_BYTES: usize = 16 * VALUE_BYTES;

/// What was changed, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::service) struct Changes(Vec<Change>);

#[derive(Debug, Clone, PartialEq)]
struct Change {
    path: String,
    /// The other members of its JSON object, as text without braces.
    rest: String,
}

impl Changes {
    /// What differs between two documents.
    pub(in crate::service) fn between(before: Option<&Document>, after: Option<&Document>) -> Self {
        let mut changes = Self::default();
        let empty = Map::new();
        let before = before.map_or(&empty, Document::as_map);
        let after = after.map_or(&empty, Document::as_map);
        changes.compare("", before, after);
        changes
    }

    /// One value that was set, or that changed.
    pub(in crate::service) fn set(
        mut self,
        path: &str,
        before: impl Into<Value>,
        after: impl Into<Value>,
    ) -> Self {
        self.add(path.to_owned(), Some(&before.into()), Some(&after.into()));
        self
    }

    /// And these.
    pub(in crate::service) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// And these changes of members.
    pub(in crate::service) fn with_members(mut self, members: &MemberChange) -> Self {
        let mut rest = String::new();
        for (name, names) in [("added", &members.added), ("removed", &members.removed)] {
            if names.count > 0 {
                push_member(&mut rest, name, &names_of(names).to_string());
            }
        }
        if members.described > 0 {
            push_member(&mut rest, "described", &members.described.to_string());
        }
        if !rest.is_empty() {
            self.0.push(Change {
                path: "members".to_owned(),
                rest,
            });
        }
        self
    }

    /// The names of what was changed.
    pub(in crate::service) fn names(&self) -> Vec<String> {
        self.0.iter().map(|change| change.path.clone()).collect()
    }

    pub(super) fn is_of_members_only(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|change| change.path == "members")
    }

    /// As it is stored; `None` when there is nothing to say.
    pub(super) fn to_json(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut left = VALUES_BYTES;
        let mut text = "[".to_owned();
        for (position, change) in self.0.iter().enumerate() {
            let mut members = String::new();
            push_member(
                &mut members,
                "path",
                &Value::from(&*change.path).to_string(),
            );
            if !change.rest.is_empty() && change.rest.len() <= left {
                left -= change.rest.len();
                members.push(',');
                members.push_str(&change.rest);
            }
            text.push_str(if position == 0 { "{" } else { ",{" });
            text.push_str(&members);
            text.push('}');
        }
        text.push(']');
        Some(text)
    }

    /// Attributes of extensions are compared one by one, under their full names.
    fn compare(&mut self, urn: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let news = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(news) {
            let (old, new) = (before.get(name), after.get(name));
            if old == new || name == "schemas" {
                continue;
            }
            let is_extension = urn.is_empty() && name.contains(':');
            if is_extension {
                let none = Map::new();
                let [old, new] =
                    [old, new].map(|value| value.and_then(Value::as_object).unwrap_or(&none));
                self.compare(name, old, new);
            } else if urn.is_empty() {
                self.add(name.clone(), old, new);
            } else {
                self.add(format!("{urn}:{name}"), old, new);
            }
        }
    }

    fn add(&mut self, path: String, before: Option<&Value>, after: Option<&Value>) {
        let mut rest = String::new();
        for (name, value) in [("before", before), ("after", after)] {
            if let Some(value) = value.filter(|value| !value.is_null()) {
                push_member(&mut rest, name, &bounded(value));
            }
        }
        self.0.push(Change { path, rest });
    }
}

/// Appends a member of a JSON object to those before it; `value` is JSON text, and the name needs no quoting.
fn push_member(members: &mut String, name: &str, value: &str) {
    if !members.is_empty() {
        members.push(',');
    }
    for part in ["\"", name, "\":", value] {
        members.push_str(part);
    }
}

/// The JSON text of a value, or how long it is.
fn bounded(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= VALUE_BYTES {
        return text;
    }
    json!({ "bytes": text.len() }).to_string()
}

fn names_of(names: &Names) -> Value {
    json!({ "count": names.count, "ids": names.ids })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(value: Value) -> Document {
        Document::parse(&value.to_string()).unwrap()
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let before = document(json!({ "schemas": ["a"], "userName": "ada", "title": "Dr",
            enterprise: { "department": "R", "costCenter": "1" } }));
        let after = document(
            json!({ "schemas": ["a", "b"], "userName": "ada", "nickName": "A",
            enterprise: { "department": "S", "costCenter": "1" } }),
        );
        let changes = Changes::between(Some(&before), Some(&after));
        insta::assert_snapshot!(changes.to_json().unwrap(), @r#"[{"path":"title","before":"Dr"},{"path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","before":"R","after":"S"},{"path":"nickName","after":"A"}]"#);
        assert_eq!(Changes::between(Some(&after), Some(&after)).to_json(), None);
    }

    #[test]
    fn what_is_recorded_is_bounded() {
        let mut map = Map::new();
        map.insert("photo".to_owned(), "x".repeat(1_000_000).into());
        for number in 0..200 {
            map.insert(format!("attribute{number}"), "y".repeat(1_000).into());
        }
        let document = Document::new(map);
        let changes = Changes::between(None, Some(&document));
        let json = changes.to_json().unwrap();
        assert!(json.len() < 64 * 1024, "{}", json.len());
        assert!(json.contains(r#"{"path":"photo","after":{"bytes":1000002}}"#));
        assert_eq!(changes.names().len(), 201);
    }
}
