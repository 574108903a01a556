//! Sections 5 to 8: the served configuration, resource types and schemas.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::strict::{ENTERPRISE, GROUP, USER, strict};

const CHARACTERISTICS: [&str; 9] = [
    "name",
    "type",
    "multiValued",
    "description",
    "required",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
];

/// What differs from string, `required:false`, `caseExact:false`, `readWrite`, `default`, `none`.
fn differences() -> BTreeMap<String, Value> {
    let single = json!({
        "User:userName": { "required": true, "uniqueness": "server" },
        "User:password": { "mutability": "writeOnly", "returned": "never" },
        "User:active": { "type": "boolean" },
        "User:name": { "type": "complex" },
        "User:profileUrl": { "type": "reference", "caseExact": true, "referenceTypes": ["external"] },
        "User:photos.value": { "type": "reference", "caseExact": true, "referenceTypes": ["external"] },
        "User:groups": { "type": "complex", "multiValued": true, "mutability": "readOnly" },
        "User:groups.value": { "mutability": "readOnly" },
        "User:groups.display": { "mutability": "readOnly" },
        "User:groups.type": { "mutability": "readOnly", "canonicalValues": ["direct", "indirect"] },
        "User:groups.$ref": { "type": "reference", "caseExact": true, "mutability": "readOnly", "referenceTypes": ["Group"] },
        "User:x509Certificates.value": { "type": "binary", "caseExact": true },
        "User:emails.type": { "canonicalValues": ["work", "home", "other"] },
        "User:addresses.type": { "canonicalValues": ["work", "home", "other"] },
        "User:phoneNumbers.type": { "canonicalValues": ["work", "home", "mobile", "fax", "pager", "other"] },
        "User:ims.type": { "canonicalValues": ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"] },
        "User:photos.type": { "canonicalValues": ["photo", "thumbnail"] },
        "Group:displayName": { "required": true },
        "Group:members": { "type": "complex", "multiValued": true },
        "Group:members.value": { "mutability": "immutable" },
        "Group:members.$ref": {
            "type": "reference", "caseExact": true, "mutability": "immutable", "referenceTypes": ["User", "Group"],
        },
        "Group:members.type": { "mutability": "immutable", "canonicalValues": ["User", "Group"] },
        "EnterpriseUser:manager": { "type": "complex" },
        "EnterpriseUser:manager.value": { "caseExact": true },
        "EnterpriseUser:manager.$ref": { "type": "reference", "caseExact": true, "referenceTypes": ["User"] },
        "EnterpriseUser:manager.displayName": { "mutability": "readOnly" },
    });
    let single = single.as_object().unwrap().clone();
    let mut all: BTreeMap<String, Value> = single.into_iter().collect();
    for list in [
        "emails",
        "phoneNumbers",
        "ims",
        "photos",
        "addresses",
        "entitlements",
        "roles",
        "x509Certificates",
    ] {
        let many = json!({ "type": "complex", "multiValued": true });
        all.insert(format!("User:{list}"), many);
        all.insert(format!("User:{list}.primary"), json!({ "type": "boolean" }));
    }
    all
}

fn flatten(into: &mut BTreeMap<String, Value>, prefix: &str, attributes: &Value) {
    for attribute in attributes.as_array().unwrap() {
        let name = format!("{prefix}{}", attribute["name"].as_str().unwrap());
        if let Some(subs) = attribute.get("subAttributes") {
            flatten(into, &format!("{name}."), subs);
        }
        into.insert(name, attribute.clone());
    }
}

/// §8.7.1 with its errata: every characteristic of every attribute is as the table says.
#[test]
fn s8_7_1_every_characteristic_of_every_attribute() {
    let fixture = strict(&[]);
    let list = fixture.client().get("/Schemas").expect(200).json();
    let mut found = BTreeMap::new();
    for schema in list["Resources"].as_array().unwrap() {
        let prefix = format!("{}:", schema["name"].as_str().unwrap());
        flatten(&mut found, &prefix, &schema["attributes"]);
    }
    let mut differences = differences();
    for (path, attribute) in &found {
        for name in CHARACTERISTICS {
            assert!(attribute.get(name).is_some(), "{path} does not say {name}");
        }
        let mut expected = json!({
            "type": "string", "multiValued": false, "required": false, "caseExact": false,
            "mutability": "readWrite", "returned": "default", "uniqueness": "none",
        });
        let different = differences.remove(path.as_str());
        if let Some(Value::Object(different)) = different {
            expected.as_object_mut().unwrap().extend(different);
        }
        for (name, value) in expected.as_object().unwrap() {
            let mut shown = attribute[name].clone();
            let mut value = value.clone();
            if let (Some(shown), Some(value)) = (shown.as_array_mut(), value.as_array_mut()) {
                shown.sort_by_key(ToString::to_string);
                value.sort_by_key(ToString::to_string);
            }
            assert_eq!(shown, value, "{path}: {name}");
        }
        assert_eq!(
            attribute["type"] == "complex",
            attribute.get("subAttributes").is_some(),
            "{path}"
        );
        assert_eq!(
            attribute["type"] == "reference",
            attribute.get("referenceTypes").is_some(),
            "{path}"
        );
        if path.contains('.') {
            assert_ne!(attribute["type"], "complex", "{path}: erratum 8415");
        }
    }
    assert!(differences.is_empty(), "not served: {differences:?}");
    assert!(found.contains_key("Group:members.display"), "erratum 6011");
}

/// §7: the schemas are resources with `schemas`, `id`, `name` and `meta`; messages are none.
#[test]
fn s7_schemas_are_resources() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let list = client.get("/Schemas").expect(200).json();
    assert_eq!(
        list["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
    );
    let schemas = list["Resources"].as_array().unwrap();
    assert_eq!(list["totalResults"], schemas.len());
    let ids: Vec<&str> = schemas
        .iter()
        .map(|schema| schema["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [USER, GROUP, ENTERPRISE]);
    for schema in schemas {
        let urn = schema["id"].as_str().unwrap();
        assert_eq!(
            schema["schemas"],
            json!(["urn:ietf:params:scim:schemas:core:2.0:Schema"])
        );
        assert_eq!(schema["meta"]["resourceType"], "Schema");
        assert!(
            schema["meta"]["location"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/Schemas/{urn}"))
        );
        assert_eq!(
            client.get(&format!("/Schemas/{urn}")).expect(200).json(),
            *schema
        );
        assert_eq!(
            client
                .get(&format!("/Schemas/{}", urn.to_uppercase()))
                .expect(200)
                .json(),
            *schema
        );
    }
    client.get("/Schemas/urn:x").refused(404, None);
}

/// §6: the resource types say where each is and which schemas it has.
#[test]
fn s6_resource_types() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let list = client.get("/ResourceTypes").expect(200).json();
    let expected = [
        (
            "User",
            "/Users",
            USER,
            json!([{ "schema": ENTERPRISE, "required": false }]),
        ),
        ("Group", "/Groups", GROUP, json!([])),
    ];
    assert_eq!(list["totalResults"], expected.len());
    for (found, (name, endpoint, schema, extensions)) in
        list["Resources"].as_array().unwrap().iter().zip(expected)
    {
        assert_eq!(
            found["schemas"],
            json!(["urn:ietf:params:scim:schemas:core:2.0:ResourceType"])
        );
        assert_eq!((&found["id"], &found["name"]), (&json!(name), &json!(name)));
        assert_eq!(found["endpoint"], endpoint);
        assert_eq!(found["schema"], schema);
        assert_eq!(found["schemaExtensions"], extensions);
        assert_eq!(found["meta"]["resourceType"], "ResourceType");
        assert_eq!(
            client
                .get(&format!("/ResourceTypes/{name}"))
                .expect(200)
                .json(),
            *found
        );
    }
    client.get("/ResourceTypes/user").refused(404, None);
    client.get("/ResourceTypes/Nope").refused(404, None);
}

/// §5: the configuration has no `id`, names its schemes, and each feature says whether it is supported.
#[test]
fn s5_service_provider_config() {
    let fixture = strict(&[]);
    let found = fixture
        .client_with(None)
        .get("/ServiceProviderConfig")
        .expect(200)
        .json();
    assert_eq!(
        found["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"])
    );
    assert_eq!(found.get("id"), None);
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(found[feature]["supported"].is_boolean(), "{feature}");
    }
    assert!(found["bulk"]["maxOperations"].is_u64() && found["bulk"]["maxPayloadSize"].is_u64());
    assert!(found["filter"]["maxResults"].is_u64());
    let schemes = found["authenticationSchemes"].as_array().unwrap();
    assert!(!schemes.is_empty());
    for scheme in schemes {
        for name in ["type", "name", "description"] {
            assert!(scheme[name].is_string(), "{name}");
        }
    }
    assert_eq!(found["meta"]["resourceType"], "ServiceProviderConfig");
}
