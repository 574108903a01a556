//! Section 4: the three discovery endpoints.

use serde_json::json;

use crate::support::strict::{query, strict};

const ENDPOINTS: [&str; 5] = [
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
];

/// Readable without credentials (RFC 7643 §5), but not with wrong ones; only GET and HEAD.
#[test]
fn s4_discovery_is_read_only_and_open() {
    let fixture = strict(&[]);
    let (known, open) = (fixture.client(), fixture.client_with(None));
    for path in ENDPOINTS {
        let reply = open.get(path).expect(200);
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        assert_eq!(known.get(path).expect(200).json(), reply.json());
        fixture
            .client_with(Some("wrong"))
            .get(path)
            .refused(401, None);
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            for client in [&known, &open] {
                let reply = client.send(method, path, &[], None);
                reply.refused(405, None);
                assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{method} {path}");
            }
        }
    }
}

/// Query parameters are ignored, but a `filter` on the lists is 403.
#[test]
fn s4_query_parameters() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let plain = [
        ("startIndex", "2"),
        ("count", "0"),
        ("attributes", "name"),
        ("sortBy", "x"),
        ("excludedAttributes", "id"),
    ];
    for path in ENDPOINTS {
        assert_eq!(
            client.get(&query(path, &plain)).expect(200).json(),
            client.get(path).json(),
            "{path}"
        );
    }
    for path in ["/ResourceTypes", "/Schemas"] {
        client
            .get(&query(path, &[("filter", "name eq \"User\"")]))
            .refused(403, None);
    }
    client
        .get(&query("/ServiceProviderConfig", &[("filter", "x")]))
        .expect(200);
    let types = client.get("/ResourceTypes").json();
    assert_eq!(
        types["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
    );
    assert_eq!(
        types["itemsPerPage"],
        types["Resources"].as_array().unwrap().len()
    );
}
