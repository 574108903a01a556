//! The limits that `/ServiceProviderConfig` publishes are those that hold.

use serde_json::{Value, json};

use crate::support::strict::{Client, column, made, query, strict, user};

/// A user of exactly `bytes` bytes.
fn user_of(bytes: usize, name: &str) -> String {
    let empty = user(name, json!({ "title": "" })).to_string();
    user(name, json!({ "title": "x".repeat(bytes - empty.len()) })).to_string()
}

fn limits(client: &Client) -> Value {
    client.get("/ServiceProviderConfig").expect(200).json()
}

/// Bar 56: the largest body, to the byte, with and without a length announced.
#[test]
fn the_largest_body_is_as_published() {
    let fixture = strict(&[("scim.max_payload", "4 KiB")]);
    let client = fixture.client();
    let config = limits(&client);
    let mut limit = 4096;
    if config["bulk"]["supported"] == true {
        assert_eq!(config["bulk"]["maxPayloadSize"], limit);
        limit = usize::try_from(config["bulk"]["maxPayloadSize"].as_u64().unwrap()).unwrap();
    }
    let path = made(&client, "/Users", &user("ada", json!({})));
    let send = |method: &str, path: &str, body: String| {
        client.send(method, path, &[], Some(body.as_bytes()))
    };
    send("POST", "/Users", user_of(limit, "exact")).expect(201);
    send("PUT", &path, user_of(limit, "ada")).expect(200);
    for (method, target, name) in [
        ("POST", "/Users", "more"),
        ("PUT", &*path, "ada"),
        ("PATCH", &*path, "ada"),
    ] {
        let detail = send(method, target, user_of(limit + 1, name)).refused(413, None);
        assert!(detail.contains(&limit.to_string()), "{detail}");
        let chunked = chunked(&fixture, method, target, &user_of(limit + 1, name));
        assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
    }
    assert_eq!(column(&client.get("/Users"), "userName"), ["ada", "exact"]);
}

fn chunked(
    fixture: &crate::support::strict::Fixture,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    let token = crate::support::strict::TOKEN;
    let request = format!(
        "{method} /scim/v2{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    crate::support::strict::Raw::exchange(fixture.address, request).head
}

/// Bar 56: the largest page.
#[test]
fn the_largest_page_is_as_published() {
    let fixture = strict(&[("scim.max_results", "3"), ("scim.page_size", "2")]);
    let client = fixture.client();
    let config = limits(&client);
    assert_eq!(config["filter"]["maxResults"], 3);
    assert_eq!(config["pagination"]["maxPageSize"], 3);
    assert_eq!(config["pagination"]["defaultPageSize"], 2);
    for name in ["a", "b", "c", "d", "e"] {
        made(&client, "/Users", &user(name, json!({})));
    }
    for (count, items) in [
        (None, 2),
        (Some("3"), 3),
        (Some("4"), 3),
        (Some("1000000"), 3),
    ] {
        for filter in [None, Some("active eq true")] {
            let pairs: Vec<(&str, &str)> = [("count", count), ("filter", filter)]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect();
            let list = client.get(&query("/Users", &pairs)).expect(200).json();
            assert_eq!(list["itemsPerPage"], items, "{pairs:?}");
            assert_eq!(list["totalResults"], 5);
        }
    }
}
