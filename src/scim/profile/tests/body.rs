//! Bodies of POST and PUT before and after.

use serde_json::json;

use super::{assert_body, named, profile, resource_type};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The worst that an administrator's template produced (OneLogin).
#[test]
fn a_worst_case_template_becomes_a_user() {
    assert_body(
        "auto",
        "User",
        r#"{"schemas":["urn:scim:schemas:core:1.0","urn:scim:schemas:extension:enterprise:1.0"],
            "userName":"ada","id":null,"active":"true",
            "name":{"givenName":"Ada","familyName":"Lovelace","formatted":"Ada Lovelace"},
            "emails":{"value":"ada@corp.example","type":"work","primary":true},"title":"",
            "urn:scim:schemas:extension:enterprise:1.0":{
                "department":"R&D","manager":{"managerId":"123","displayName":"Grace H"}}}"#,
        r#"{"userName":"ada","id":null,"active":true,
            "name":{"givenName":"Ada","familyName":"Lovelace","formatted":"Ada Lovelace"},
            "emails":[{"value":"ada@corp.example","type":"work","primary":true}],
            "ENT":{"department":"R&D","manager":{"displayName":"Grace H","value":"123"}},
            "schemas":["urn:ietf:params:scim:schemas:core:2.0:User","ENT"]}"#,
        &[
            "scim1-urn at urn:scim:schemas:extension:enterprise:1.0",
            "boolean-text at active",
            "single-for-array at emails",
            "empty-text at title",
            "manager-id at ENT.manager.managerId",
            "scim1-urn at schemas[0]",
            "scim1-urn at schemas[1]",
        ],
    );
}

#[test]
fn schemas_are_mended() {
    assert_body(
        "auto",
        "User",
        r#"{"userName":"ada"}"#,
        r#"{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
        &["missing-schema at schemas"],
    );
    assert_body(
        "auto",
        "User",
        r#"{"userName":"ada","schemas":"urn:ietf:params:scim:schemas:core:2.0:User"}"#,
        r#"{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
        &["single-for-array at schemas"],
    );
    for name in ["rfc", "auto"] {
        assert_body(
            name,
            "Group",
            r#"{"displayName":"Eng","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]}"#,
            r#"{"displayName":"Eng","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}"#,
            &["unknown-schema at schemas[1]"],
        );
    }
    assert_body(
        "auto",
        "User",
        r#"{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:core:2.0:user"]}"#,
        r#"{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
        &["repeated-schema at schemas[1]"],
    );
}

#[test]
fn an_extension_is_listed_in_every_profile() {
    for name in ["rfc", "entra", "okta", "lenient", "auto"] {
        assert_body(
            name,
            "User",
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada",
                "ENT":{"department":"R&D"}}"#,
            r#"{"userName":"ada","ENT":{"department":"R&D"},
                "schemas":["urn:ietf:params:scim:schemas:core:2.0:User","ENT"]}"#,
            &["unlisted-extension at schemas"],
        );
    }
}

#[test]
fn rfc_leaves_the_rest_to_be_refused() {
    let rt = resource_type("User");
    for body in [
        json!({"userName": "ada"}),
        json!({"userName": "ada", "schemas": [CORE], "active": "true", "emails": {"value": "a"}}),
        json!({"userName": "ada", "schemas": [CORE], "emails": ["a@b.example"], "title": ""}),
        json!({"userName": "ada", "schemas": [CORE], "emails": [
            {"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
        json!([]),
        json!("x"),
    ] {
        let (strict, met) = profile("rfc").body(&rt, body.clone());
        assert_eq!((strict, named(&met)), (body, vec![]));
    }
}

#[test]
fn values_are_mended() {
    assert_body(
        "auto",
        "User",
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","ENT"],"userName":"ada",
            "Emails":["a@b.example",{"Value":"c@d.example","Primary":"True"},{"value":"e","primary":true}],
            "phoneNumbers":[{"type":"work","value":""}],
            "addresses":[{"type":"work","country":"","primary":true},{"type":"home","country":"EE"}],
            "roles":[{"value":"{\"value\":\"Admin\",\"displayName\":\"A\"}"}],
            "name":{"givenName":"Ada","middleName":""},"nickName":null,
            "ENT":{"manager":"123456","Department":""},
            "groups":"","meta":"","frob":""}"#,
        r#"{"userName":"ada",
            "Emails":[{"value":"a@b.example"},{"Value":"c@d.example","Primary":false},{"value":"e","primary":true}],
            "phoneNumbers":[],
            "addresses":[{"type":"home","country":"EE"}],
            "roles":[{"value":"Admin","display":"A"}],
            "name":{"givenName":"Ada"},"nickName":null,
            "ENT":{"manager":{"value":"123456"}},
            "groups":"","meta":"","frob":"",
            "schemas":["urn:ietf:params:scim:schemas:core:2.0:User","ENT"]}"#,
        &[
            "bare-value at Emails[0]",
            "boolean-text at Emails[1].Primary",
            "two-primaries at Emails[1]",
            "empty-text at phoneNumbers[0].value",
            "empty-text at addresses[0].country",
            "role-json at roles[0].value",
            "empty-text at name.middleName",
            "bare-manager at ENT.manager",
            "empty-text at ENT.Department",
        ],
    );
}

#[test]
fn members_are_mended() {
    assert_body(
        "auto",
        "Group",
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Eng",
            "members":[{"value":"a","$ref":"Users/a"},"b"]}"#,
        r#"{"displayName":"Eng","members":[{"value":"a"},{"value":"b"}],
            "schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}"#,
        &[
            "member-reference at members[0].$ref",
            "bare-value at members[1]",
        ],
    );
}

/// What Okta, JumpCloud and Entra ID send most is strict, and stays.
#[test]
fn a_strict_body_is_untouched() {
    for name in ["rfc", "entra", "okta", "lenient", "auto"] {
        assert_body(
            name,
            "User",
            r#"{"userName":"ada@corp.example","id":"23a35c27","externalId":"ada","emails":null,"roles":[],
                "groups":[],"meta":{"resourceType":"User"},"password":"1mz050nq","active":true,
                "emails":[{"primary":false,"type":"work","value":"ada@corp.example"}],
                "schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
            r#"{"userName":"ada@corp.example","id":"23a35c27","externalId":"ada","emails":null,"roles":[],
                "groups":[],"meta":{"resourceType":"User"},"password":"1mz050nq","active":true,
                "emails":[{"primary":false,"type":"work","value":"ada@corp.example"}],
                "schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
            &[],
        );
    }
}

#[test]
fn other_messages_get_their_members_and_schemas() {
    let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    let rt = resource_type("User");
    let body = json!({"failonerrors": null, "operations": []});
    let keys = ["Operations", "failOnErrors"];
    let (strict, met) = profile("auto").message(&rt, urn, &keys, body);
    assert_eq!(
        strict,
        json!({"failOnErrors": null, "Operations": [], "schemas": [urn]})
    );
    assert_eq!(
        named(&met),
        [
            "message-key-case at failonerrors",
            "message-key-case at operations",
            "missing-schema at schemas",
        ]
    );
}
