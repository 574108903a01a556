//! RFC 9865: paging by cursor.

use std::time::Duration;

use muster::clock::Clock;
use muster::service::Wanted;
use serde_json::{Value, json};

use crate::search::{list, make_group, make_user, names, url};
use crate::support::{Client, Fixture, Setup};

fn town(count: usize) -> Fixture {
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        ..Setup::default()
    });
    let client = fixture.client();
    for number in 0..count {
        let title = ["b", "A", "c"][number % 3];
        make_user(
            &client,
            &format!("u{number}"),
            json!({ "title": title, "displayName": title }),
        );
    }
    fixture
}

/// Every page from the first on.
fn pages(client: &Client, path: &str, parameters: &[(&str, &str)]) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut cursor = Some(String::new());
    while let Some(text) = cursor {
        let mut with = parameters.to_vec();
        with.push(("cursor", &text));
        let page = list(client, path, &with);
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        pages.push(page);
    }
    pages
}

fn all(pages: &[Value]) -> Vec<String> {
    pages.iter().flat_map(names).collect()
}

fn cursor_of(client: &Client, parameters: &[(&str, &str)]) -> String {
    let mut with = parameters.to_vec();
    with.extend([("cursor", ""), ("count", "1")]);
    list(client, "/Users", &with)["nextCursor"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn s2_pages_are_complete_and_say_what_they_must() {
    let fixture = town(7);
    let client = fixture.client();
    let found = pages(&client, "/Users", &[("count", "3")]);
    assert_eq!(all(&found), ["u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    let sizes: Vec<_> = found
        .iter()
        .map(|page| page["itemsPerPage"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes, [3, 3, 1]);
    for page in &found {
        assert_eq!(page["totalResults"], 7);
        assert_eq!(
            page["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
        );
        assert_eq!(page.get("startIndex"), None);
        assert_eq!(page.get("previousCursor"), None);
        if let Some(cursor) = page.get("nextCursor") {
            let unreserved =
                |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
            assert!(cursor.as_str().unwrap().chars().all(unreserved), "{cursor}");
        }
    }
    // A page that the list ends on is the last one, full or not.
    assert_eq!(pages(&client, "/Users", &[("count", "7")]).len(), 1);
    assert_eq!(pages(&client, "/Groups", &[])[0]["totalResults"], 0);
    // `cursor` without a value is an empty one.
    let first = client.get("/Users?cursor&count=3").expect(200).json();
    assert_eq!(names(&first), ["u0", "u1", "u2"]);
}

#[test]
fn s2_1_what_no_index_answers_is_not_counted() {
    let fixture = town(7);
    let client = fixture.client();
    for (filter, total) in [
        ("title eq \"c\"", None),
        ("userName co \"u\"", None),
        ("userName sw \"u\"", Some(7)),
        ("displayName eq \"C\"", Some(2)),
    ] {
        let found = pages(&client, "/Users", &[("filter", filter), ("count", "1")]);
        let index = list(&client, "/Users", &[("filter", filter)]);
        assert_eq!(all(&found), names(&index), "{filter}");
        for page in &found {
            assert_eq!(
                page.get("totalResults").and_then(Value::as_u64),
                total,
                "{filter}"
            );
        }
        // Whoever wants no resources wants their number.
        let none = list(
            &client,
            "/Users",
            &[("filter", filter), ("cursor", ""), ("count", "0")],
        );
        assert_eq!(none["totalResults"], index["totalResults"]);
        assert_eq!(none["Resources"], json!([]));
        assert_eq!(none.get("nextCursor"), None);
    }
}

#[test]
fn s2_2_pages_are_sorted() {
    let fixture = town(7);
    let client = fixture.client();
    for sort in ["title", "displayName", "userName", "meta.created"] {
        for order in ["ascending", "descending"] {
            let query = [("sortBy", sort), ("sortOrder", order)];
            let whole = names(&list(&client, "/Users", &query));
            for count in ["1", "2", "3"] {
                let mut by_cursor = query.to_vec();
                by_cursor.push(("count", count));
                assert_eq!(
                    all(&pages(&client, "/Users", &by_cursor)),
                    whole,
                    "{sort} {order}"
                );
            }
        }
    }
}

#[test]
fn s3_a_search_by_post_has_cursors_too() {
    let fixture = town(3);
    let client = fixture.client();
    make_group(&client, "staff", &[]);
    for (path, expected) in [
        ("/Users/.search", vec!["u0", "u1", "u2"]),
        ("/.search", vec!["u0", "u1", "u2", "staff"]),
    ] {
        let mut seen = Vec::new();
        let mut cursor = Value::from("");
        while cursor.is_string() {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                "filter": "id pr",
                "cursor": cursor,
                "count": 1,
            });
            let page = client.post(path, &body).expect(200).json();
            assert_eq!(page["totalResults"], expected.len());
            seen.extend(names(&page));
            cursor = page["nextCursor"].clone();
        }
        assert_eq!(seen, expected);
    }
    let root = pages(
        &client,
        "/",
        &[
            ("count", "3"),
            ("sortBy", "displayName"),
            ("sortOrder", "descending"),
        ],
    );
    assert_eq!(all(&root), ["staff", "u2", "u0", "u1"]);
}

#[test]
fn s2_1_a_cursor_is_good_for_its_query_only() {
    let fixture = town(5);
    let client = fixture.client();
    make_group(&client, "a", &[]);
    make_group(&client, "b", &[]);
    let query = [("filter", "userName pr"), ("sortBy", "userName")];
    let cursor = cursor_of(&client, &query);
    let refused = |client: &Client, path: &str, parameters: &[(&str, &str)], cursor: &str| {
        let mut with = parameters.to_vec();
        with.push(("cursor", cursor));
        client
            .get(&url(path, &with))
            .refused(400, Some("invalidCursor"));
    };
    refused(&client, "/Users", &[], &cursor);
    refused(&client, "/Users", &[("filter", "userName pr")], &cursor);
    refused(&client, "/Users", &[("sortBy", "userName")], &cursor);
    refused(
        &client,
        "/Users",
        &[("filter", "id pr"), ("sortBy", "userName")],
        &cursor,
    );
    refused(
        &client,
        "/Users",
        &[query[0], query[1], ("sortOrder", "descending")],
        &cursor,
    );
    refused(&client, "/", &query, &cursor);
    let groups = list(&client, "/Groups", &[("cursor", ""), ("count", "1")]);
    refused(
        &client,
        "/Users",
        &[],
        groups["nextCursor"].as_str().unwrap(),
    );

    // Size and attributes may change on the way.
    let mut other = query.to_vec();
    other.extend([
        ("cursor", &*cursor),
        ("count", "2"),
        ("attributes", "userName"),
    ]);
    assert_eq!(names(&list(&client, "/Users", &other)), ["u1", "u2"]);

    // Another connection's cursor is as good as none.
    let token =
        fixture
            .gateway
            .create_token("other", Wanted::default(), Duration::from_secs(86_400));
    let token = fixture.block_on(token).unwrap();
    let stranger = client.authorized(Some(&format!("Bearer {token}")));
    refused(&stranger, "/Users", &query, &cursor);
}

#[test]
fn s2_1_a_cursor_that_was_altered_is_refused() {
    let fixture = town(2);
    let client = fixture.client();
    let cursor = cursor_of(&client, &[]);
    let refused = |text: &str| {
        client
            .get(&url("/Users", &[("cursor", text)]))
            .refused(400, Some("invalidCursor"));
    };
    for at in 0..cursor.len() {
        let mut bytes = cursor.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        refused(&String::from_utf8(bytes).unwrap());
        if at > 0 {
            refused(&cursor[..at]);
        }
    }
    for text in [
        "x",
        "0",
        "null",
        "\u{e4}",
        " ",
        "AAAA",
        "=",
        &format!("{cursor}A"),
        &"A".repeat(5_000),
    ] {
        refused(text);
    }
    // It gives nothing away: neither id nor name stand in it.
    let sorted = cursor_of(&client, &[("sortBy", "userName")]);
    let other = cursor_of(&client, &[("sortBy", "userName")]);
    assert_ne!(sorted, other);
}

#[test]
fn s2_1_a_cursor_expires() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        clock,
        ..Setup::default()
    });
    let client = fixture.client();
    make_user(&client, "a", json!({}));
    make_user(&client, "b", json!({}));
    let cursor = cursor_of(&client, &[]);
    let path = url("/Users", &[("cursor", &cursor)]);
    hand.advance(Duration::from_secs(3_600));
    assert_eq!(names(&client.get(&path).expect(200).json()), ["b"]);
    hand.advance(Duration::from_secs(1));
    client.get(&path).refused(400, Some("expiredCursor"));
}

#[test]
fn s2_1_counts_are_numbers() {
    let fixture = town(3);
    let client = fixture.client();
    for count in ["x", "1.5", "", "--1"] {
        client
            .get(&url("/Users", &[("cursor", ""), ("count", count)]))
            .refused(400, Some("invalidCount"));
        client
            .get(&url("/Users", &[("count", count)]))
            .refused(400, Some("invalidValue"));
    }
    // "A negative value SHALL be interpreted as 0", with either method.
    let found = list(&client, "/Users", &[("cursor", ""), ("count", "-1")]);
    assert_eq!(
        (&found["totalResults"], &found["Resources"]),
        (&json!(3), &json!([]))
    );
    let found = list(
        &client,
        "/Users",
        &[("cursor", ""), ("count", "99999999999999999999")],
    );
    assert_eq!(found["itemsPerPage"], 3);
}

#[test]
fn s2_4_index_is_the_default() {
    let fixture = town(2);
    let client = fixture.client();
    let found = list(&client, "/Users", &[("count", "1")]);
    assert_eq!(found["startIndex"], 1);
    assert_eq!(found.get("nextCursor"), None);
    client
        .get(&url("/Users", &[("cursor", ""), ("startIndex", "1")]))
        .refused(400, Some("invalidValue"));
}

#[test]
fn s4_the_service_provider_says_so() {
    let fixture = Fixture::start();
    let found = fixture
        .client()
        .get("/ServiceProviderConfig")
        .expect(200)
        .json();
    let expected = json!({
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 500,
        "cursorTimeout": 3_600,
    });
    assert_eq!(found["pagination"], expected);
}
