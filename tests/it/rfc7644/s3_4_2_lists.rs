//! Sections 3.4.2, 3.4.2.3 and 3.4.2.4: lists, their order and their pages.

use std::time::Duration;

use muster::clock::Clock;
use serde_json::{Value, json};

use crate::support::strict::{Client, ENTERPRISE, column, made, query, strict, user};
use crate::support::{Fixture, Setup};

/// §3.4.2: a ListResponse with integers and `Resources`, also when nothing matches.
#[test]
fn s3_4_2_empty_lists() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for path in [
        "/Users",
        "/Groups",
        &query("/Users", &[("filter", "userName eq \"x\"")]),
        "/Users?count=0",
        "/Users?startIndex=9",
    ] {
        let reply = client.get(path).expect(200);
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        let body = reply.json();
        assert_eq!(
            body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
        );
        assert_eq!(
            (&body["totalResults"], &body["itemsPerPage"]),
            (&json!(0), &json!(0)),
            "{path}"
        );
        assert!(body["startIndex"].is_u64());
        assert_eq!(body["Resources"], json!([]), "{path}");
    }
}

fn people(client: &Client, after_each: impl Fn()) {
    for (name, more) in [
        (
            "e",
            json!({ "title": "b", "externalId": "B", "name": { "familyName": "Ölmann" }, "emails": [{ "value": "z@x" }, { "value": "a@x", "primary": true }] }),
        ),
        (
            "D",
            json!({ "title": "A", "externalId": "a", "active": false, "emails": [{ "value": "c@x" }, { "value": "0@x" }] }),
        ),
        (
            "c",
            json!({ "externalId": "c", "name": { "familyName": "zeta" }, ENTERPRISE: { "employeeNumber": "2" } }),
        ),
        (
            "B",
            json!({ "title": "C", "name": { "familyName": "Alpha" }, "emails": [{ "value": "B@x" }], ENTERPRISE: { "employeeNumber": "10" } }),
        ),
        ("a", json!({ "title": "a" })),
    ] {
        made(client, "/Users", &user(name, more));
        after_each();
    }
}

fn names(client: &Client, pairs: &[(&str, &str)]) -> String {
    let reply = client.get(&query("/Users", pairs));
    assert_eq!(reply.status, 200, "{pairs:?}: {}", reply.text());
    let found = column(&reply, "userName");
    found.iter().map(|name| name.as_str().unwrap()).collect()
}

/// §3.4.2.3: ascending by default, missing values last (descending: first), by `caseExact`, by the
/// primary or first value, of a complex attribute its `value`; ties in a fixed order.
#[test]
fn s3_4_2_3_sorting() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        clock,
        settings: Vec::new(),
    });
    let client = fixture.client();
    people(&client, || hand.advance(Duration::from_millis(1)));
    assert_eq!(names(&client, &[]), "eDcBa", "the default is oldest first");
    for (by, ascending, descending) in [
        ("userName", "aBcDe", "eDcBa"),
        ("USERNAME", "aBcDe", "eDcBa"),
        ("title", "DaeBc", "cBeDa"),
        ("externalId", "eDcBa", "BacDe"),
        ("emails", "eBDca", "caDBe"),
        ("emails.value", "eBDca", "caDBe"),
        ("name.familyName", "BceDa", "DaecB"),
        ("meta.created", "eDcBa", "aBcDe"),
        ("meta.lastModified", "eDcBa", "aBcDe"),
        ("id", "eDcBa", "aBcDe"),
        (&format!("{ENTERPRISE}:employeeNumber"), "BceDa", "eDacB"),
        ("active", "DecBa", "ecBaD"),
    ] {
        assert_eq!(names(&client, &[("sortBy", by)]), ascending, "{by}");
        assert_eq!(
            names(&client, &[("sortBy", by), ("sortOrder", "ascending")]),
            ascending,
            "{by}"
        );
        let found = names(&client, &[("sortBy", by), ("sortOrder", "descending")]);
        assert_eq!(
            ignoring_ties(by, &found),
            ignoring_ties(by, descending),
            "{by} descending"
        );
    }
    let some = [
        ("filter", "title pr"),
        ("sortBy", "userName"),
        ("count", "2"),
        ("startIndex", "2"),
    ];
    assert_eq!(names(&client, &some), "BD");
    for bad in [
        [("sortBy", "nothing")],
        [("sortBy", "password")],
        [("sortBy", "name")],
        [("sortOrder", "upwards")],
    ] {
        client
            .get(&query("/Users", &bad))
            .refused(400, Some("invalidValue"));
    }
}

/// Which way ties go when the order is reversed is not written anywhere: those of equal rank as a set.
fn ignoring_ties(by: &str, found: &str) -> Vec<Vec<char>> {
    let groups: &[&str] = match by {
        "title" => &["Da", "B", "e", "c"],
        "externalId" => &["Ba"],
        "emails" | "emails.value" => &["ca"],
        "name.familyName" => &["Da"],
        "active" => &["ecBa"],
        _ if by.starts_with("urn") => &["eDa"],
        _ => &[],
    };
    let rank = |name: char| groups.iter().position(|group| group.contains(name));
    let mut parts: Vec<Vec<char>> = Vec::new();
    for name in found.chars() {
        match parts.last_mut() {
            Some(part) if rank(name).is_some() && rank(part[0]) == rank(name) => part.push(name),
            Some(_) | None => parts.push(vec![name]),
        }
    }
    for part in &mut parts {
        part.sort_unstable();
    }
    parts
}

/// §3.4.2.4: pages are 1-based; what is below counts as 1 or 0, what is beyond is empty, what is no number is refused.
#[test]
fn s3_4_2_4_paging() {
    let fixture = strict(&[("scim.page_size", "3"), ("scim.max_results", "4")]);
    let client = fixture.client();
    people(&client, || {});
    for (pairs, start, expected) in [
        (&[][..], 1, "eDc"),
        (&[("startIndex", "1"), ("count", "2")], 1, "eD"),
        (&[("startIndex", "3"), ("count", "2")], 3, "cB"),
        (&[("startIndex", "5"), ("count", "2")], 5, "a"),
        (&[("startIndex", "6"), ("count", "2")], 6, ""),
        (&[("startIndex", "99999999999999999999")], u64::MAX, ""),
        (&[("startIndex", "0"), ("count", "1")], 1, "e"),
        (&[("startIndex", "-7"), ("count", "1")], 1, "e"),
        (&[("count", "0")], 1, ""),
        (&[("count", "-1")], 1, ""),
        (&[("count", "1000")], 1, "eDcB"),
        (&[("count", "99999999999999999999")], 1, "eDcB"),
        (&[("STARTINDEX", "2"), ("Count", "1")], 2, "D"),
    ] {
        let reply = client.get(&query("/Users", pairs)).expect(200);
        let body = reply.json();
        assert_eq!(body["totalResults"], 5, "{pairs:?}");
        assert_eq!(body["itemsPerPage"], expected.len(), "{pairs:?}");
        assert_eq!(body["startIndex"], start, "{pairs:?}");
        let found: Vec<Value> = column(&reply, "userName");
        let found: String = found.iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(found, expected, "{pairs:?}");
    }
    for bad in ["x", "", "1.5", "1e2", "+", "0x1", "1;2"] {
        for name in ["count", "startIndex"] {
            client
                .get(&query("/Users", &[(name, bad)]))
                .refused(400, Some("invalidValue"));
        }
    }
    client
        .get("/Users?count=1&count=2")
        .refused(400, Some("invalidValue"));
}
