//! An HTTP client for tests: JSON in and out, and no opinion about statuses.

use std::io::Read;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// Talks to one gateway with one token, or with none. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    authorization: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    /// `base` is the URL that paths are appended to.
    pub fn new(base: String, token: Option<&str>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .proxy(None)
            .build();
        let authorization = token.map(|token| format!("Bearer {token}"));
        Self {
            agent: config.new_agent(),
            base,
            authorization,
        }
    }

    /// The same with another `Authorization` header, or without one.
    pub fn authorized(&self, authorization: Option<&str>) -> Self {
        Self {
            authorization: authorization.map(str::to_owned),
            ..self.clone()
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.json("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.json("PUT", path, body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.json("PATCH", path, body)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// One PATCH operation after the other, in one request.
    pub fn operations(&self, path: &str, operations: &Value) -> Reply {
        self.patch(path, &patch_body(operations))
    }

    pub fn json(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_json(method, path, &[], body)
    }

    pub fn send_json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        let mut all = vec![("Content-Type", "application/scim+json")];
        all.extend(headers);
        self.send(method, path, &all, Some(body.to_string().as_bytes()))
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.unwrap_or_else(|fault| panic!("{method} {path}: {fault}"));
        let mut body = Vec::new();
        answer
            .body_mut()
            .as_reader()
            .read_to_end(&mut body)
            .unwrap();
        Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body,
        }
    }
}

/// The PatchOp message around `operations`.
pub fn patch_body(operations: &Value) -> Value {
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}

impl Reply {
    /// The answer itself, after making sure of its status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The id in the body.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id: {}", self.text()))
            .to_owned()
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    /// Makes sure that this is a SCIM error of this status and `scimType`, complete and nothing but
    /// that (RFC 7644 §3.12), and gives its `detail`.
    #[track_caller]
    pub fn refused(&self, status: u16, scim_type: Option<&str>) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/scim+json"));
        let body = self.json();
        assert_eq!(
            body["schemas"],
            serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(body["status"], status.to_string());
        assert_eq!(
            body.get("scimType").and_then(Value::as_str),
            scim_type,
            "{body}"
        );
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.len() > 10, "no detail: {body}");
        assert_no_internals(detail);
        assert!(self.header("x-request-id").is_some_and(|id| id.len() == 36));
        detail.to_owned()
    }
}

/// What a caller never reads: SQL, places in the program, files.
#[track_caller]
fn assert_no_internals(detail: &str) {
    for word in [
        "SELECT ", "INSERT ", "sqlite", "panicked", ".rs", "src/", "/tmp",
    ] {
        assert!(!detail.contains(word), "{detail}");
    }
}
