//! The operations of each endpoint: parameters, bodies, answers.

use serde_json::{Map, Value, json};

use super::component::{list, sent};
use super::message::{self, errors};
use super::oauth;
use super::parameter::{self, in_path, references};
use super::{Access, Endpoint, Serves, reference};
use crate::scim::message::MEDIA_TYPE;

/// The methods of one path.
pub(super) fn path_item(endpoint: &Endpoint) -> Value {
    let mut item = Map::new();
    let in_path: Vec<Value> = names_in(&endpoint.path).map(in_path).collect();
    if !in_path.is_empty() {
        item.insert("parameters".to_owned(), Value::Array(in_path));
    }
    for method in endpoint.methods {
        let Some(operation) = operation(endpoint, method) else {
            continue;
        };
        item.insert(
            method.to_ascii_lowercase(),
            operation.value(endpoint, method),
        );
    }
    Value::Object(item)
}

/// The names between braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
}

/// What there is to say about one method of one path.
struct Operation {
    summary: String,
    tag: &'static str,
    parameters: &'static [&'static str],
    /// The key of the schema of the body.
    takes: Option<String>,
    answers: Vec<(String, Value)>,
    refuses: &'static [u16],
}

/// What every authenticated request can be refused for.
const BASE: &[u16] = &[401, 429, 503];
const QUERY: &[u16] = &[400, 401, 429, 503];
const SEARCH: &[u16] = &[400, 401, 408, 413, 415, 429, 503];
const CREATE: &[u16] = &[400, 401, 408, 409, 413, 415, 429, 503];
const READ: &[u16] = &[400, 401, 404, 429, 503];
const CHANGE: &[u16] = &[400, 401, 404, 408, 409, 412, 413, 415, 429, 503];
const DELETE: &[u16] = &[400, 401, 404, 412, 429, 503];
const LISTED: &[u16] = &[401, 403, 429];
const ONE: &[u16] = &[401, 404, 429];
const ME: &[u16] = &[401, 429, 501, 503];

fn operation(endpoint: &Endpoint, method: &str) -> Option<Operation> {
    if method == "HEAD" {
        return None;
    }
    let plain = |summary: &str, tag, answers, refuses| Operation {
        summary: summary.to_owned(),
        tag,
        parameters: &[],
        takes: None,
        answers,
        refuses,
    };
    let shows = |summary: &str, key: &str, refuses| {
        plain(summary, "Discovery", vec![document(key)], refuses)
    };
    let searches = |summary: &str, key: &str| Operation {
        takes: Some(message::SEARCH.to_owned()),
        ..plain(summary, "Search", vec![document(key)], SEARCH)
    };
    Some(match &endpoint.serves {
        Serves::Collection(rt) if method == "POST" => Operation {
            parameters: parameter::CREATE,
            takes: Some(sent(rt)),
            ..plain(
                &format!("Make a {}", rt.name),
                "Resources",
                vec![resource("201", &rt.name)],
                CREATE,
            )
        },
        Serves::Collection(rt) => Operation {
            parameters: parameter::LIST,
            ..plain(
                &format!("Find resources of type {}", rt.name),
                "Resources",
                vec![document(&list(rt))],
                QUERY,
            )
        },
        Serves::Item(rt) => item(&rt.name, &sent(rt), method),
        Serves::Search(rt) => searches(&format!("Find resources of type {}", rt.name), &list(rt)),
        Serves::SearchAll => searches("Find resources of all types", message::LIST),
        Serves::Root => Operation {
            parameters: parameter::LIST,
            ..plain(
                "Find resources of all types",
                "Search",
                vec![document(message::LIST)],
                QUERY,
            )
        },
        Serves::Bulk => Operation {
            takes: Some(message::BULK.to_owned()),
            ..plain(
                "Make many changes",
                "Bulk",
                vec![document(message::BULK_ANSWER)],
                SEARCH,
            )
        },
        Serves::Me => plain(
            "Who asks; people only, and to be read only",
            "Resources",
            Vec::new(),
            ME,
        ),
        Serves::ProviderConfig => shows("What the server offers", message::CONFIG, BASE),
        Serves::ResourceTypes => shows("The resource types", message::LIST, LISTED),
        Serves::ResourceType => shows("A resource type", message::TYPE, ONE),
        Serves::Schemas => shows("The schemas", message::LIST, LISTED),
        Serves::Schema => shows("A schema", message::SCHEMA, ONE),
        Serves::Probe => plain(
            "Whether the server lives and can serve",
            "Operation",
            probe(),
            &[],
        ),
        Serves::OpenApi => plain("This document", "Operation", vec![this()], &[]),
        Serves::Auth(auth) => plain(auth.summary(), "Logins", auth.answers(), &[]),
        Serves::OauthToken => plain("An access token for SCIM", "OAuth", oauth::answers(), &[]),
    })
}

/// One resource (RFC 7644 §3.4.1, §3.5, §3.6).
fn item(name: &str, sent: &str, method: &str) -> Operation {
    let one = |verb: &str, parameters, takes: Option<&str>, answers, refuses| Operation {
        summary: format!("{verb} a {name}"),
        tag: "Resources",
        parameters,
        takes: takes.map(str::to_owned),
        answers,
        refuses,
    };
    let done = || ("204".to_owned(), json!({ "description": "Done." }));
    let changed = || vec![resource("200", name), done()];
    match method {
        "PUT" => one("Replace", parameter::CHANGE, Some(sent), changed(), CHANGE),
        "PATCH" => one(
            "Change",
            parameter::CHANGE,
            Some(message::PATCH),
            changed(),
            CHANGE,
        ),
        "DELETE" => one("Delete", parameter::DELETE, None, vec![done()], DELETE),
        _ => {
            let known =
                json!({ "description": "The version in `If-None-Match` is the present one." });
            let answers = vec![resource("200", name), ("304".to_owned(), known)];
            one("Read", parameter::READ, None, answers, READ)
        }
    }
}

impl Operation {
    fn value(self, endpoint: &Endpoint, method: &str) -> Value {
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
        // The whole path: that alone is unique whatever the resource types are called.
        let path = endpoint.path.replace(['{', '}'], "").replace('/', ".");
        put(
            "operationId",
            json!(format!("{}{path}", method.to_ascii_lowercase())),
        );
        put("summary", json!(self.summary));
        put("tags", json!([self.tag]));
        if !self.parameters.is_empty() {
            put("parameters", Value::Array(references(self.parameters)));
        }
        if endpoint.serves == Serves::OauthToken {
            put("requestBody", oauth::request());
        }
        if let Serves::Auth(auth) = endpoint.serves {
            let parts = [
                ("parameters", auth.parameters()),
                ("requestBody", auth.request()),
            ];
            for (key, value) in parts {
                if let Some(value) = value {
                    put(key, value);
                }
            }
        }
        if let Some(key) = &self.takes {
            let schema = json!({ "schema": reference("schemas", key) });
            let content = json!({ MEDIA_TYPE: schema.clone(), "application/json": schema });
            put(
                "requestBody",
                json!({ "required": true, "content": content }),
            );
        }
        let answers: Map<String, Value> = self
            .answers
            .into_iter()
            .chain(errors(self.refuses))
            .collect();
        put("responses", Value::Object(answers));
        put(
            "security",
            match endpoint.access {
                Access::Public => json!([]),
                Access::Bearer => json!([{ "bearer": [] }]),
                Access::Client => json!([{ "client": [] }, {}]),
                Access::Session => json!([{ "session": [] }]),
                Access::Person => json!([{ "session": [] }, { "person": [] }]),
            },
        );
        Value::Object(all)
    }
}

/// 200 with a body of this schema.
fn document(key: &str) -> (String, Value) {
    let content = json!({ MEDIA_TYPE: { "schema": reference("schemas", key) } });
    (
        "200".to_owned(),
        json!({ "description": "Found.", "content": content }),
    )
}

/// A resource with its version and URL.
fn resource(status: &str, name: &str) -> (String, Value) {
    let answer = json!({
        "description": "The resource.",
        "headers": {
            "ETag": reference("headers", "ETag"),
            "Location": reference("headers", "Location"),
        },
        "content": { MEDIA_TYPE: { "schema": reference("schemas", name) } },
    });
    (status.to_owned(), answer)
}

fn probe() -> Vec<(String, Value)> {
    let text = |description: &str| {
        json!({
            "description": description,
            "content": { "text/plain": { "schema": { "type": "string" } } },
        })
    };
    vec![
        ("200".to_owned(), text("Yes.")),
        ("503".to_owned(), text("No; the log says why.")),
    ]
}

fn this() -> (String, Value) {
    let content = json!({ "application/json": { "schema": { "type": "object" } } });
    (
        "200".to_owned(),
        json!({ "description": "OpenAPI 3.1.", "content": content }),
    )
}
