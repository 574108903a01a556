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

/// The URN of a search by POST.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

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

/// The head of a list that is paged by cursor (RFC 9865 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorHead {
    /// How many resources match, on all pages; `None` where that was not found out.
    pub total: Option<u64>,
    /// The cursor of the next page; `None` on the last one. There is no `previousCursor`: it is
    /// optional, and nobody who reads a list through needs it.
    pub next: Option<String>,
}

/// A page of a list by cursor, of resources that are JSON text already.
pub fn cursor_body(head: &CursorHead, resources: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let total = head
        .total
        .map_or_else(String::new, |total| format!(",\"totalResults\":{total}"));
    let next = head.next.as_deref().map_or_else(String::new, |next| {
        format!(",\"nextCursor\":{}", Value::from(next))
    });
    let items = resources.len();
    let opening = format!("{{\"schemas\":[\"{LIST_URN}\"]{total},\"itemsPerPage\":{items}{next}");
    body(&opening, resources)
}

/// A list of resources that are JSON text already.
pub fn list_body(head: ListHead, resources: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let ListHead {
        total,
        start_index,
        items,
    } = head;
    let opening = format!(
        "{{\"schemas\":[\"{LIST_URN}\"],\"totalResults\":{total},\"startIndex\":{start_index},\"itemsPerPage\":{items}"
    );
    body(&opening, resources)
}

fn body(opening: &str, resources: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let size: usize = resources
        .iter()
        .map(|resource| resource.as_ref().len() + 1)
        .sum();
    let mut body = Vec::with_capacity(opening.len() + size + 20);
    body.extend_from_slice(opening.as_bytes());
    body.extend_from_slice(b",\"Resources\":[");
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

    #[test]
    fn a_cursor_list_says_what_it_knows() {
        let head = CursorHead {
            total: None,
            next: None,
        };
        let body = String::from_utf8(cursor_body(&head, &["{}"])).unwrap();
        assert_eq!(
            body,
            format!("{{\"schemas\":[\"{LIST_URN}\"],\"itemsPerPage\":1,\"Resources\":[{{}}]}}")
        );
        let head = CursorHead {
            total: Some(7),
            next: Some("x".to_owned()),
        };
        let none: [&[u8]; 0] = [];
        let body: Value = serde_json::from_slice(&cursor_body(&head, &none)).unwrap();
        assert_eq!(body["totalResults"], 7);
        assert_eq!(body["nextCursor"], "x");
        assert_eq!(body.get("startIndex"), None);
    }
}
