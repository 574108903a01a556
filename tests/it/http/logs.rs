//! What the log says of a request, and what it never says.

use serde_json::json;

use crate::support::{Fixture, Raw, Setup, TOKEN, log, user};

#[test]
fn each_request_has_its_line() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let id = client.post("/Users", &user("logged")).expect(201).id();
    for (reply, route, status) in [
        (
            client.get(&format!("/Users/{id}")),
            "/scim/v2/Users/{id}",
            200,
        ),
        (client.get("/Users?filter=id%20pr"), "/scim/v2/Users", 200),
        (client.get("/Users/none"), "/scim/v2/Users/{id}", 404),
        (client.get("/Nothing"), "-", 404),
    ] {
        let events = log::of_request(reply.header("x-request-id").unwrap());
        let line = events.iter().find(|event| event["message"] == "request");
        let line = &line.unwrap()["fields"];
        assert_eq!(
            (&line["route"], &line["status"]),
            (&json!(route), &json!(status)),
            "{line}"
        );
        assert_eq!(
            (&line["method"], &line["connection"]),
            (&json!("GET"), &json!("config"))
        );
        assert_eq!(line["client"], "127.0.0.1");
        assert!(line["duration_us"].is_u64());
    }
    let refused = fixture.client_with(None).get("/Users");
    let events = log::of_request(refused.header("x-request-id").unwrap());
    assert_eq!(events[0]["fields"].get("connection"), None);
}

#[test]
fn only_a_trusted_proxy_tells_the_address_of_the_client() {
    let claim = format!("Authorization: Bearer {TOKEN}\r\nX-Forwarded-For: 203.0.113.9\r\n");
    for (trusted, expected) in [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9")] {
        let mut setup = Setup::default();
        if !trusted.is_empty() {
            setup.settings.push(("server.trusted_proxies", trusted));
        }
        let fixture = Fixture::with(setup);
        let reply = Raw::get(fixture.address, "/scim/v2/Users", &claim);
        let id = reply
            .head
            .lines()
            .find_map(|line| line.strip_prefix("x-request-id: "))
            .unwrap();
        let events = log::of_request(id);
        assert!(
            events
                .iter()
                .any(|event| event["fields"]["client"] == expected),
            "{events:?}"
        );
    }
}

/// Personal data and secrets, in every place that a client can put them.
#[test]
fn no_secret_and_nothing_personal_is_logged() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let mut body = user("canary-name");
    body["password"] = json!("canary-password");
    body["externalId"] = json!("canary-external");
    body["emails"] = json!([{ "value": "canary@example.org" }]);
    body["canaryUnknown"] = json!("canary-unknown");
    let id = client.post("/Users", &body).expect(201).id();
    client.post("/Users", &body).expect(409);
    client
        .get("/Users?filter=userName%20eq%20%22canary-filter%22")
        .expect(200);
    client
        .get("/Users?filter=canary-broken%20xx%20%22")
        .expect(400);
    client.get("/canary-path?canary-query=1").expect(404);
    client.get("/Users/canary-id").expect(404);
    let change = json!([{ "op": "replace", "path": "title", "value": "canary-title" }, { "op": "replace", "path": "canary-target", "value": "canary-value" }]);
    client.operations(&format!("/Users/{id}"), &change);
    client
        .send(
            "GET",
            "/Users",
            &[
                ("X-Canary", "canary-header"),
                ("User-Agent", "canary-agent"),
            ],
            None,
        )
        .expect(200);
    fixture
        .client_with(Some("canary-token"))
        .get("/Users")
        .expect(401);
    client
        .send(
            "POST",
            "/Users",
            &[("Content-Type", "canary/type")],
            Some(b"canary-body"),
        )
        .expect(415);
    client
        .send("POST", "/Users", &[], Some(b"{canary-json"))
        .expect(400);

    let text = log::text();
    let told: Vec<&str> = text
        .lines()
        .filter(|line| line.to_lowercase().contains("canary-"))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(!text.contains("canary@") && !text.contains(TOKEN));
}
