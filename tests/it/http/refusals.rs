//! Every refusal is a SCIM error, whatever part of the server it comes from.

use serde_json::json;

use crate::support::{Fixture, World, user};

#[test]
fn unknown_urls_are_404() {
    let world = World::strict();
    for path in [
        "/Nothing",
        "/users",
        "/Users/",
        "/Users/a/b",
        "/Schemas/urn:unknown",
        "/ResourceTypes/Printer",
        "/ServiceProviderConfig/x",
        "/Users//",
        "/%00",
    ] {
        let reply = world.client.get(path);
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
        reply.refused(404, None);
    }
}

#[test]
fn unknown_ids_are_404_in_every_verb() {
    let world = World::strict();
    let ids = [
        "0198c0de-0000-7000-8000-000000000000",
        "1",
        "0",
        "-1",
        "%00",
        "%ff",
        "null",
        "..",
        "a%2fb",
        "'%20OR%201=1",
        &"x".repeat(5000),
    ];
    for endpoint in ["Users", "Groups"] {
        for id in ids {
            let path = format!("/{endpoint}/{id}");
            let change = json!([{ "op": "replace", "path": "displayName", "value": "x" }]);
            let mut body = user("new");
            body["displayName"] = json!("new");
            for (what, reply) in [
                ("GET", world.client.get(&path)),
                ("PUT", world.client.put(&path, &body)),
                ("PATCH", world.client.operations(&path, &change)),
                ("DELETE", world.client.delete(&path)),
            ] {
                // `..` is taken out of the URL by the client or matches no route.
                assert!(
                    [404, 405, 400].contains(&reply.status),
                    "{what} {path}: {}",
                    reply.text()
                );
                if id != ".." && reply.status != 400 {
                    reply.refused(404, None);
                }
            }
        }
    }
    assert_eq!(world.client.get("/Users").json()["totalResults"], 2);
}

#[test]
fn a_user_is_no_group_and_a_group_no_user() {
    let world = World::strict();
    let crossed = [
        format!("/Groups/{}", world.user),
        format!("/Users/{}", world.group),
    ];
    for path in crossed {
        let change = json!([{ "op": "replace", "path": "displayName", "value": "x" }]);
        world
            .unchanged_by("GET", |client| client.get(&path))
            .refused(404, None);
        world
            .unchanged_by("DELETE", |client| client.delete(&path))
            .refused(404, None);
        world
            .unchanged_by("PATCH", |client| client.operations(&path, &change))
            .refused(404, None);
    }
}

#[test]
fn what_is_not_built_says_so() {
    let world = World::strict();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        world
            .client
            .send(method, "/Me", &[], None)
            .refused(501, None);
    }
}

#[test]
fn other_versions_of_the_protocol_are_refused() {
    let world = World::strict();
    for path in [
        "/scim/v1/Users",
        "/scim/v3/Users",
        "/scim/v2.1/Users",
        "/scim/v1",
        "/scim/v22/",
    ] {
        world
            .fixture
            .root()
            .get(path)
            .refused(400, Some("invalidVers"));
    }
    for path in ["/scim", "/scim/", "/scim/Users", "/scim/version/Users"] {
        world.fixture.root().get(path).refused(404, None);
    }
}

#[test]
fn discovery_is_open_but_only_for_reading() {
    let fixture = Fixture::start();
    let anybody = fixture.client_with(None);
    for path in [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/ResourceTypes/Group",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
        "/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AGroup",
    ] {
        let reply = anybody.get(path).expect(200);
        assert_eq!(
            reply.header("content-type"),
            Some("application/scim+json"),
            "{path}"
        );
        reply.json();
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let refused = anybody.json(method, path, &json!({}));
            refused.refused(405, None);
            assert_eq!(refused.header("allow"), Some("GET, HEAD"));
        }
        fixture
            .client_with(Some("wrong"))
            .get(path)
            .refused(401, None);
    }
}

#[test]
fn outside_scim_nothing_is_html() {
    let fixture = Fixture::start();
    for path in [
        "/",
        "/index.html",
        "/admin",
        "/scimitar",
        "/scim2/v2/Users",
        "/favicon.ico",
        "/v2/Users",
    ] {
        let reply = fixture.root().get(path).expect(404);
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
        assert_eq!(reply.json()["status"], 404);
    }
    let reply = fixture
        .root()
        .send("POST", "/healthz", &[], None)
        .expect(405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
    assert_eq!(fixture.root().get("/healthz").expect(200).text(), "ok\n");
    assert_eq!(fixture.root().get("/readyz").expect(200).text(), "ready\n");
}

#[test]
fn a_request_has_an_id_that_the_server_chose() {
    let fixture = Fixture::start();
    let headers = [("X-Request-Id", "forged\u{1b}[31m")];
    let ids: Vec<String> = ["/Users", "/ServiceProviderConfig", "/Nothing"]
        .iter()
        .map(|path| {
            fixture
                .client()
                .send("GET", path, &headers[..0], None)
                .header("x-request-id")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(ids.iter().all(|id| id.len() == 36) && ids[0] != ids[1] && ids[1] != ids[2]);
    let forged = fixture
        .client()
        .send("GET", "/Users", &[("X-Request-Id", "forged")], None);
    assert_ne!(forged.header("x-request-id"), Some("forged"));
    assert_eq!(forged.header("cache-control"), Some("no-store"));
}
