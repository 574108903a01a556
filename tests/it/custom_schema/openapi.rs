//! `/openapi.json`: valid, complete, and true of what is answered.

use std::collections::{BTreeMap, BTreeSet};

use muster::http::{Access, routes};
use serde_json::{Value, json};

use super::{CORE, EXTENSION, resource, start};
use crate::support::Fixture;

fn document(fixture: &Fixture) -> Value {
    let reply = fixture
        .root()
        .authorized(None)
        .get("/openapi.json")
        .expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

#[test]
fn every_route_is_in_it_and_nothing_else() {
    let fixture = start();
    let document = document(&fixture);
    let mut described = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method != "parameters" {
                let open = operation["security"] == json!([]);
                described.insert((path.clone(), method.to_uppercase()), open);
            }
        }
    }
    let mut served = BTreeMap::new();
    let json = |route: &muster::http::Route| {
        let page = route.access == Access::Page
            || ["/user/", "/assets/"]
                .iter()
                .any(|at| route.path.starts_with(at));
        route.access != Access::Operator && !page
    };
    for route in routes(fixture.gateway.registry()).into_iter().filter(json) {
        for method in route.methods.iter().filter(|method| **method != "HEAD") {
            let open = route.access == Access::Public;
            served.insert((route.path.clone(), (*method).to_owned()), open);
        }
    }
    assert_eq!(described, served);
    assert!(served.contains_key(&("/scim/v2/TestResources/{id}".to_owned(), "PATCH".to_owned())));
}

#[test]
fn it_holds_together() {
    let fixture = start();
    let document = document(&fixture);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 100);
    for target in references {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let declared: Vec<&str> = item["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        let in_path: Vec<&str> = path
            .split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap())
            .collect();
        assert_eq!(declared, in_path, "{path}");
        for (method, operation) in item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "parameters")
        {
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{method} {path}"
            );
            assert!(
                !operation["responses"].as_object().unwrap().is_empty(),
                "{method} {path}"
            );
        }
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for key in components.as_object().unwrap().keys() {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            assert!(key.chars().all(allowed), "{kind} {key}");
        }
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            into.extend(
                members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            members.values().for_each(|value| collect(value, into));
        }
        Value::Array(elements) => elements.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

#[test]
fn it_says_of_attributes_what_their_schemas_say() {
    let fixture = start();
    let document = document(&fixture);
    let schemas = &document["components"]["schemas"];
    let core = &schemas[CORE.replace(':', ".")]["properties"];
    assert_eq!(core["readOnlyAttr"]["readOnly"], true);
    assert_eq!(core["writeOnlyAttr"]["writeOnly"], true);
    assert_eq!(core["multiStrings"]["items"]["type"], "string");
    assert_eq!(core["dateTimeAttr"]["format"], "date-time");
    assert_eq!(core["integerAttr"]["type"], "integer");
    assert_eq!(core["complexAttr"]["properties"]["sub1"]["type"], "string");
    assert_eq!(core["uniqueString"]["x-scim"]["uniqueness"], "server");
    let needed = &schemas["TestResource.sent"]["allOf"][1];
    assert_eq!(
        needed["required"],
        json!(["schemas", "identifier", EXTENSION])
    );
    assert_eq!(
        needed["properties"][EXTENSION]["required"],
        json!(["extRequired"])
    );
    let emails = &schemas["urn.ietf.params.scim.schemas.core.2.0.User"]["properties"]["emails"];
    let kind = &emails["items"]["properties"]["type"];
    assert!(
        kind["examples"]
            .as_array()
            .unwrap()
            .contains(&json!("work"))
            && kind.get("enum").is_none()
    );
}

/// Where an answer is not what the document says; only the words of JSON Schema that the document uses.
fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(target) = schema["$ref"].as_str() {
        return misfit(document, document.pointer(&target[1..]).unwrap(), value, at);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(found) = misfit(document, part, value, at) {
            return Some(found);
        }
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    if !fits {
        return Some(format!("{at} is {value}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return Some(format!("{at} has no {name}"));
        }
    }
    let mut inside = Vec::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        inside.extend(
            value
                .get(name)
                .map(|value| misfit(document, schema, value, &format!("{at}.{name}"))),
        );
    }
    if let Some(elements) = value.as_array().filter(|_| schema["items"].is_object()) {
        inside.extend(
            elements
                .iter()
                .map(|value| misfit(document, &schema["items"], value, &format!("{at}[]"))),
        );
    }
    inside.into_iter().flatten().next()
}

#[test]
fn answers_are_what_it_says() {
    let fixture = start();
    let client = fixture.client();
    let document = document(&fixture);
    let values = json!({ "integerAttr": 1, "multiStrings": ["a"], "multiComplex": [{ "value": "x", "primary": true }] });
    client
        .post("/TestResources", &resource("a", &values))
        .expect(201);
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "emails": [{ "value": "a@example.org" }] });
    let id = client.post("/Users", &user).expect(201).id();
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": [{ "value": id }] });
    client.post("/Groups", &group).expect(201);
    for (path, described) in [
        ("/TestResources", "/TestResources"),
        ("/TestResources?attributes=integerAttr", "/TestResources"),
        (&*format!("/Users/{id}"), "/Users/{id}"),
        ("/Groups", "/Groups"),
        ("/ServiceProviderConfig", "/ServiceProviderConfig"),
        ("/ResourceTypes/TestResource", "/ResourceTypes/{id}"),
        (&*format!("/Schemas/{CORE}"), "/Schemas/{urn}"),
        ("/Users?filter=x", "/Users"),
        ("/Users/nobody", "/Users/{id}"),
    ] {
        let reply = client.get(path);
        let answer = &document["paths"][format!("/scim/v2{described}")]["get"]["responses"]
            [reply.status.to_string()];
        let answer = match answer["$ref"].as_str() {
            Some(target) => document.pointer(&target[1..]).unwrap(),
            None => answer,
        };
        let schema = &answer["content"][reply.header("content-type").unwrap()]["schema"];
        assert!(
            schema.is_object(),
            "{path}: {} is not described",
            reply.status
        );
        assert_eq!(misfit(&document, schema, &reply.json(), path), None);
    }
}
