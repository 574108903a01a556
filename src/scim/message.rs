//! The messages of the protocol that are no resources: their URNs, the error and the list (RFC 7644 §3.1, §3.4.2, §3.12).

use serde_json::{Map, Value, json};

use super::error::Error;

/// The media type of every SCIM body (RFC 7644 §8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";
/// The URN of an error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// The URN of a list of resources.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The URN of a PATCH body.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The body of an error; `status` is a JSON string (RFC 7644 §3.12).
pub fn error_value(error: &Error) -> Value {
    let mut members = Map::new();
    members.insert("schemas".to_owned(), json!([ERROR_URN]));
    members.insert("status".to_owned(), error.kind.status().to_string().into());
    if let Some(scim_type) = error.kind.scim_type() {
        members.insert("scimType".to_owned(), scim_type.into());
    }
    members.insert("detail".to_owned(), error.detail.as_str().into());
    Value::Object(members)
}

/// [`error_value`] as text.
pub fn error_body(error: &Error) -> String {
    error_value(error).to_string()
}

/// The counters of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListHead {
    /// How many resources match, on all pages.
    pub total: u64,
    /// The 1-based position of the first one on this page.
    pub start_index: u64,
    /// How many are on this page.
    pub items: usize,
}

/// A list of resources that are JSON text already.
pub fn list_body(head: ListHead, resources: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let size: usize = resources
        .iter()
        .map(|resource| resource.as_ref().len() + 1)
        .sum();
    let mut body = Vec::with_capacity(size + 160);
    let ListHead {
        total,
        start_index,
        items,
    } = head;
    body.extend_from_slice(
        format!(
            "{{\"schemas\":[\"{LIST_URN}\"],\"totalResults\":{total},\"startIndex\":{start_index},\
             \"itemsPerPage\":{items},\"Resources\":["
        )
        .as_bytes(),
    );
    for (ordinal, resource) in resources.iter().enumerate() {
        if ordinal > 0 {
            body.push(b',');
        }
        body.extend_from_slice(resource.as_ref());
    }
    body.extend_from_slice(b"]}");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_status_as_text() {
        assert_eq!(
            error_body(&Error::filter("Quote it.")),
            "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":\"400\",\
             \"scimType\":\"invalidFilter\",\"detail\":\"Quote it.\"}"
        );
    }

    #[test]
    fn a_list_always_has_resources() {
        let head = ListHead {
            total: 0,
            start_index: 1,
            items: 0,
        };
        let none: [&[u8]; 0] = [];
        let body: Value = serde_json::from_slice(&list_body(head, &none)).unwrap();
        assert_eq!(body["Resources"], json!([]));
        assert_eq!(body["totalResults"], 0);
    }
}
