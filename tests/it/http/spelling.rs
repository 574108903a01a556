//! However a path is spelled, nothing of SCIM is answered without a token.

use crate::support::{Fixture, Raw, TOKEN};

/// Spellings of `/scim/v2/Users` that some router, proxy or guard takes for it.
const SPELLINGS: &[&[u8]] = &[
    b"/scim/v2/Users",
    b"/%73cim/v2/Users",
    b"/scim/%762/Users",
    b"/scim/v2/%55sers",
    b"/%73%63%69%6d/%76%32/%55%73%65%72%73",
    b"/%2573cim/v2/Users",
    b"//scim/v2/Users",
    b"/scim//v2/Users",
    b"/scim/v2//Users",
    b"/./scim/v2/Users",
    b"/scim/v2/./Users",
    b"/scim/v2/../v2/Users",
    b"/scim/v2/%2e%2e/v2/Users",
    b"/healthz/../scim/v2/Users",
    b"/healthz/%2e%2e/scim/v2/Users",
    b"/scim/v2/Schemas/../Users",
    b"/scim/v2/Schemas/%2e%2e/Users",
    b"/scim/v2/Schemas/..%2fUsers",
    b"/scim/v2/ServiceProviderConfig/../Users",
    b"/SCIM/v2/Users",
    b"/Scim/V2/users",
    b"/scim/v2/Users/",
    b"/scim/v2/Users//",
    b"/scim/v2/Users%00",
    b"/scim/v2/Users%00/ServiceProviderConfig",
    b"/scim/v2/Users;x",
    b"/scim/v2/Users;/ServiceProviderConfig",
    b"/scim;x=1/v2/Users",
    b"/scim/v2/Users%20",
    b"/scim/v2/Users%2f",
    b"/scim%2fv2%2fUsers",
    b"/scim/v2/Users%3f",
    b"/scim/v2/Users?/ServiceProviderConfig",
    b"/scim/v2/Users#/ServiceProviderConfig",
    b"/scim\\v2\\Users",
    b"\\scim\\v2\\Users",
    b"/scim%5cv2%5cUsers",
    b"/%c1%b3cim/v2/Users",
    b"/scim/v2/%c1%95sers",
    b"/scim%c0%afv2%c0%afUsers",
    b"/scim/v2/U\xc5\xbfers",
    b"/\xc1\xb3cim/v2/Users",
    b"/%u0073cim/v2/Users",
    b"http://localhost/scim/v2/Users",
    b"http://localhost/%73cim/v2/Users",
    b"http://user:pw@localhost/scim/v2/Users",
    b"HTTP://other.example/scim/v2/Users",
    b"scim/v2/Users",
    b"*",
    b"",
    b"/scim/v2/Users?access_token=a-token-that-only-tests-know",
    b"/scim/v2/Users?token=a-token-that-only-tests-know",
    b"/scim/v2/Me",
    b"/scim/v2",
    b"/scim/v2/",
    b"/scim/v2/.search",
    b"/scim/v1/Users",
    b"/scim/Users",
    b"/scim",
    b"/scim/",
];

#[test]
fn no_spelling_of_a_path_needs_no_token() {
    let fixture = Fixture::start();
    fixture
        .client()
        .post("/Users", &serde_json::json!({ "userName": "canary" }))
        .expect(201);
    for headers in [
        "",
        "Authorization: Bearer wrong\r\n",
        "Authorization: Basic OnB3\r\n",
    ] {
        for spelling in SPELLINGS {
            let reply = Raw::get(fixture.address, spelling, headers);
            let shown = String::from_utf8_lossy(spelling);
            assert!(
                (400..500).contains(&reply.status),
                "{shown}: {}",
                reply.head
            );
            assert!(
                !String::from_utf8_lossy(&reply.body).contains("canary"),
                "{shown}"
            );
        }
    }
}

#[test]
fn with_a_token_no_spelling_breaks_the_server() {
    let fixture = Fixture::start();
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    for spelling in SPELLINGS {
        let reply = Raw::get(fixture.address, spelling, &authorization);
        let shown = String::from_utf8_lossy(spelling);
        assert!(
            (200..500).contains(&reply.status) || reply.status == 501,
            "{shown}: {}",
            reply.head
        );
        // What the HTTP parser itself refuses has no body; everything else is JSON, never HTML.
        let parsed = reply.body.is_empty() || reply.json().is_object();
        assert!(parsed, "{shown}");
    }
}

#[test]
fn headers_that_name_another_url_are_ignored() {
    let fixture = Fixture::start();
    for header in [
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Prefix",
        "X-Forwarded-Path",
        "X-Accel-Redirect",
    ] {
        let reply = Raw::get(
            fixture.address,
            "/healthz",
            &format!("{header}: /scim/v2/Users\r\n"),
        );
        assert_eq!(
            (reply.status, &*reply.body),
            (200, &b"ok\n"[..]),
            "{header}"
        );
        let reply = Raw::get(
            fixture.address,
            "/scim/v2/Users",
            &format!("{header}: /scim/v2/ServiceProviderConfig\r\n"),
        );
        assert_eq!(reply.status, 401, "{header}");
    }
    let claims = [
        "X-Forwarded-User: admin",
        "Remote-User: admin",
        "X-Auth-Token: a-token-that-only-tests-know",
        "Cookie: token=a-token-that-only-tests-know",
    ];
    for claim in claims {
        let reply = Raw::get(fixture.address, "/scim/v2/Users", &format!("{claim}\r\n"));
        assert_eq!(reply.status, 401, "{claim}");
    }
}
