//! Sections 3.13 and 3.11: the version in the URL, URLs that are nothing, and `/Me`.

use serde_json::json;

use crate::support::strict::strict;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// §3.13: another version is refused, whatever follows it.
#[test]
fn s3_13_other_versions_are_invalid_vers() {
    let fixture = strict(&[]);
    let client = fixture.root();
    for path in [
        "/scim/v1/Users",
        "/scim/v1",
        "/scim/v3/Users/x",
        "/scim/v2.1/Users",
        "/scim/v20/Users",
        "/scim/v2x/Nope",
        "/scim/V2/Users",
    ] {
        for method in METHODS {
            client
                .send(method, path, &[], None)
                .refused(400, Some("invalidVers"));
        }
    }
}

/// §3.12: a URL that is nothing is 404, also below the version that is served.
#[test]
fn s3_12_unknown_urls_are_not_found() {
    let fixture = strict(&[]);
    let client = fixture.root();
    for path in [
        "/scim/v2/Nope",
        "/scim/v2/Nope/1",
        "/scim/v2/users",
        "/scim/v2/User",
        "/scim/v2/Users/1/2",
        "/scim/v2/Users/1/emails/0",
        "/scim/v2/Schemas/a/b",
        "/scim/v2/Me/x",
        "/scim/v2/v2/Users",
        "/scim/Users",
        "/scim",
        "/scim/",
    ] {
        for method in METHODS {
            client.send(method, path, &[], None).refused(404, None);
        }
    }
    for path in ["/nope", "/", "/v2/Users", "/Users"] {
        let reply = client.get(path).expect(404);
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
    }
}

/// §3.11: `/Me` means nobody to a provisioning token.
#[test]
fn s3_11_me_is_not_for_tokens() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for method in METHODS {
        client.json(method, "/Me", &json!({})).refused(501, None);
    }
}
