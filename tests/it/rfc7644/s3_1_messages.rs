//! Sections 2, 3.1, 3.2 and 3.8: credentials, media types, methods, what a body may be.

use serde_json::json;

use crate::support::strict::{made, stored, strict, user};

/// §2, §3.12: without credentials 401 with a challenge and a SCIM error.
#[test]
fn s2_credentials_are_asked_for() {
    let fixture = strict(&[]);
    for client in [
        fixture.client_with(None),
        fixture.client_with(Some("wrong")),
    ] {
        for path in ["/Users", "/Users/x", "/Groups", "/Me", "/Nope"] {
            let reply = client.get(path);
            reply.refused(401, None);
            assert!(
                reply
                    .header("www-authenticate")
                    .unwrap()
                    .starts_with("Bearer"),
                "{path}"
            );
        }
    }
}

/// §3.8, §8.1: SCIM's media type and plain JSON are taken, in any spelling; the answer is always
/// `application/scim+json`.
#[test]
fn s3_8_media_types() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let send = |name: &str, headers: &[(&str, &str)]| {
        let body = user(name, json!({ "displayName": "Ångström 𝔸" })).to_string();
        client.send("POST", "/Users", headers, Some(body.as_bytes()))
    };
    for (name, headers) in [
        ("a", &[("Content-Type", "application/scim+json")][..]),
        ("b", &[("Content-Type", "application/json")]),
        (
            "c",
            &[("Content-Type", "application/scim+json; charset=utf-8")],
        ),
        (
            "d",
            &[("Content-Type", "Application/JSON;charset=\"UTF-8\"")],
        ),
        ("e", &[]),
        ("f", &[("Accept", "application/scim+json")]),
        ("g", &[("Accept", "application/json, text/plain, */*")]),
        (
            "h",
            &[("Accept", "application/json"), ("Accept-Charset", "utf-8")],
        ),
    ] {
        let reply = send(name, headers).expect(201);
        assert_eq!(
            reply.header("content-type"),
            Some("application/scim+json"),
            "{headers:?}"
        );
        assert_eq!(reply.json()["displayName"], "Ångström 𝔸");
    }
    for content_type in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ] {
        send("z", &[("Content-Type", content_type)]).refused(415, None);
    }
    send("z", &[("Content-Encoding", "gzip")]).refused(415, None);
}

/// §3.2: HEAD is GET without a body; other methods are 405 with `Allow`.
#[test]
fn s3_2_methods() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    for path in [&*path, "/Users", "/Schemas", "/ServiceProviderConfig"] {
        let (get, head) = (client.get(path), client.send("HEAD", path, &[], None));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-type", "etag", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    client.send("HEAD", "/Users/nobody", &[], None).expect(404);
    for (method, target) in [
        ("PUT", "/Users"),
        ("PATCH", "/Users"),
        ("DELETE", "/Users"),
        ("OPTIONS", "/Users"),
        ("POST", &*path),
        ("OPTIONS", &*path),
        ("PROPFIND", &*path),
        ("GET", "/Bulk"),
    ] {
        let reply = client.send(method, target, &[], None);
        reply.refused(405, None);
        assert!(
            !reply.header("allow").unwrap().contains(method),
            "{method} {target}"
        );
    }
    assert_eq!(stored(&client, &path)["userName"], "ada");
}

/// §3.12: whatever is no JSON object is `invalidSyntax`, on every verb that has a body.
#[test]
fn s3_1_bodies_that_are_none() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    for body in [
        &b""[..],
        b" ",
        b"[]",
        b"null",
        b"\"x\"",
        b"{",
        b"{}{}",
        b"{'a':1}",
        b"\xff",
        b"<xml/>",
    ] {
        for (method, target) in [("POST", "/Users"), ("PUT", &*path), ("PATCH", &*path)] {
            client
                .send(method, target, &[], Some(body))
                .refused(400, Some("invalidSyntax"));
        }
    }
}
