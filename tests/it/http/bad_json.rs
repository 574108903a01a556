//! Bodies that are not JSON, or JSON that nobody should send: 400 and nothing changed.

use serde_json::json;

use crate::support::World;

/// A name, and the bytes.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let text = |name, text: &str| (name, text.as_bytes().to_vec());
    vec![
        text("nothing", ""),
        text("white space", " \r\n\t "),
        text("an open brace", "{"),
        text("a cut string", "{\"userName\":\"a"),
        text("a trailing comma", "{\"userName\":\"a\",}"),
        text("single quotes", "{'userName':'a'}"),
        text("a comment", "{/* */\"userName\":\"a\"}"),
        text("no number", "{\"userName\":NaN}"),
        text("a number out of range", "{\"userName\":1e999}"),
        text("a leading zero", "{\"userName\":01}"),
        text("two documents", "{\"userName\":\"a\"}{\"userName\":\"b\"}"),
        text("a form", "userName=a&active=true"),
        text("XML", "<?xml version=\"1.0\"?><user/>"),
        text("an array", "[{\"userName\":\"a\"}]"),
        text("null", "null"),
        text("a string", "\"userName\""),
        text("a number", "5"),
        text("a name twice", "{\"userName\":\"a\",\"userName\":\"b\"}"),
        text(
            "a name twice, within",
            "{\"userName\":\"a\",\"name\":{\"givenName\":\"a\",\"givenName\":\"b\"}}",
        ),
        text(
            "a name twice, escaped",
            "{\"userName\":\"a\",\"user\\u004eame\":\"b\"}",
        ),
        text("a lone high surrogate", "{\"userName\":\"a\\ud800\"}"),
        text("a lone low surrogate", "{\"userName\":\"\\udc00a\"}"),
        text(
            "surrogates the wrong way round",
            "{\"userName\":\"\\udc00\\ud800\"}",
        ),
        text(
            "a lone surrogate in a name",
            "{\"userName\":\"a\",\"\\ud800\":1}",
        ),
        text("NUL", "{\"userName\":\"a\\u0000b\"}"),
        text("NUL in a name", "{\"userName\":\"a\",\"a\\u0000\":1}"),
        text("a bare NUL", "{\"userName\":\"a\0b\"}"),
        text("a bare line feed", "{\"userName\":\"a\nb\"}"),
        text("a bad escape", "{\"userName\":\"\\x41\"}"),
        (
            "a lone continuation byte",
            b"{\"userName\":\"\x80\"}".to_vec(),
        ),
        ("a cut sequence", b"{\"userName\":\"\xe2\x82\"}".to_vec()),
        ("an overlong NUL", b"{\"userName\":\"a\xc0\x80\"}".to_vec()),
        (
            "an encoded surrogate",
            b"{\"userName\":\"\xed\xa0\x80\"}".to_vec(),
        ),
        (
            "bytes above UTF-8",
            b"{\"userName\":\"\xf8\x88\x80\x80\x80\"}".to_vec(),
        ),
        (
            "UTF-16",
            "{\"userName\":\"a\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
    ]
}

/// Bodies that would exhaust a stack or a heap.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, depth: usize| {
        format!("{{\"userName\":\"a\",\"name\":{}", open.repeat(depth)).into_bytes()
    };
    let closed = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"userName\":\"a\",\"name\":{open}{close}}}").into_bytes()
    };
    vec![
        ("one level too many", closed(33)),
        ("100,000 arrays", closed(100_000)),
        ("a megabyte of brackets", vec![b'['; 1 << 20]),
        ("100,000 objects", nested("{\"a\":", 100_000)),
        ("objects and arrays", nested("[{\"a\":", 100_000)),
    ]
}

/// Every request that has a body.
fn targets(world: &World) -> Vec<(&'static str, String)> {
    let collections = ["/Users", "/Groups", "/Bulk"];
    let mut targets = collections.map(|path| ("POST", path.to_owned())).to_vec();
    for item in world.items() {
        targets.push(("PUT", item.clone()));
        targets.push(("PATCH", item));
    }
    targets
}

#[test]
fn broken_json_is_refused_and_changes_nothing() {
    let world = World::strict();
    let before = world.seen();
    for (name, body) in broken().into_iter().chain(bombs()) {
        for (method, path) in targets(&world) {
            let headers = [("Content-Type", "application/scim+json")];
            let reply = world.client.send(method, &path, &headers, Some(&body));
            assert_eq!(
                reply.status,
                400,
                "{name}: {method} {path}: {}",
                reply.text()
            );
            reply.refused(400, Some("invalidSyntax"));
        }
    }
    assert_eq!(world.seen(), before);
}

#[test]
fn a_very_wide_object_is_answered() {
    let world = World::strict();
    let members: Vec<String> = (0..100_000)
        .map(|n| format!("\"attribute{n}\":{n}"))
        .collect();
    let body = format!("{{\"userName\":\"wide\",{}}}", members.join(","));
    let headers = [("Content-Type", "application/scim+json")];
    let reply = world
        .client
        .send("POST", "/Users", &headers, Some(body.as_bytes()));
    assert!([201, 400, 413].contains(&reply.status), "{}", reply.status);
    assert!(reply.body.len() < 10_000);
}

/// A user body in which one attribute has the wrong type.
#[test]
fn wrong_types_are_refused_and_change_nothing() {
    let world = World::strict();
    let wrong = [
        json!({ "userName": 5 }),
        json!({ "userName": true }),
        json!({ "userName": {} }),
        json!({ "userName": ["ada"] }),
        json!({ "userName": null }),
        json!({ "userName": "" }),
        json!({}),
        json!({ "userName": "new", "active": "perhaps" }),
        json!({ "userName": "new", "active": 1 }),
        json!({ "userName": "new", "active": {} }),
        json!({ "userName": "new", "name": "New" }),
        json!({ "userName": "new", "name": { "givenName": 1 } }),
        json!({ "userName": "new", "name": [] , "displayName": {} }),
        json!({ "userName": "new", "emails": "new@example.org" }),
        json!({ "userName": "new", "emails": ["new@example.org"] }),
        json!({ "userName": "new", "emails": [{ "value": 5 }] }),
        json!({ "userName": "new", "emails": [{ "value": "a@b.c", "primary": "yes" }] }),
        json!({ "userName": "new", "emails": [[{ "value": "a@b.c" }]] }),
        json!({ "userName": "new", "displayName": 5 }),
        json!({ "userName": "new", "externalId": 5 }),
        json!({ "userName": "new", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "x" }),
        json!({ "userName": "new", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": [] } }),
    ];
    let path = format!("/Users/{}", world.user);
    for mut body in wrong {
        body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        for (method, path) in [("POST", "/Users"), ("PUT", &path)] {
            let what = format!("{method} {body}");
            let reply = world.unchanged_by(&what, |client| client.json(method, path, &body));
            assert_eq!(reply.status, 400, "{what}: {}", reply.text());
            reply.refused(400, Some("invalidValue"));
        }
    }
}

#[test]
fn wrong_types_in_a_group_are_refused_and_change_nothing() {
    let world = World::strict();
    let wrong = [
        json!({ "displayName": 5 }),
        json!({ "displayName": null }),
        json!({}),
        json!({ "displayName": "New", "members": "ada" }),
        json!({ "displayName": "New", "members": ["ada"] }),
        json!({ "displayName": "New", "members": [{ "value": 5 }] }),
        json!({ "displayName": "New", "members": [{ "value": {} }] }),
    ];
    let path = format!("/Groups/{}", world.group);
    for mut body in wrong {
        body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]);
        for (method, path) in [("POST", "/Groups"), ("PUT", &path)] {
            let what = format!("{method} {body}");
            let reply = world.unchanged_by(&what, |client| client.json(method, path, &body));
            assert_eq!(reply.status, 400, "{what}: {}", reply.text());
            reply.refused(400, Some("invalidValue"));
        }
    }
}

#[test]
fn schemas_that_are_no_list_of_urns_are_refused() {
    let world = World::strict();
    for schemas in [
        json!("x"),
        json!(5),
        json!([]),
        json!([5]),
        json!({}),
        json!(null),
        json!(["urn:unknown"]),
    ] {
        let body = json!({ "schemas": schemas, "userName": "new" });
        let reply = world.unchanged_by(&body.to_string(), |client| client.post("/Users", &body));
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        let scim_type = reply.json()["scimType"].as_str().map(str::to_owned);
        assert!(
            matches!(scim_type.as_deref(), Some("invalidSyntax" | "invalidValue")),
            "{}",
            reply.text()
        );
    }
}
