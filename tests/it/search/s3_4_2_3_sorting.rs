//! RFC 7644 §3.4.2.3: sorting by any attribute, by index or cursor.

use std::time::Duration;

use muster::clock::Clock;
use serde_json::{Value, json};

use super::{list, make_group, make_user, names, url};
use crate::support::{Client, Fixture, Setup};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn people() -> Fixture {
    // Two of them made within a millisecond would have the same time.
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        clock,
        ..Setup::default()
    });
    let client = fixture.client();
    let make_user = |client: &Client, name: &str, more: Value| {
        make_user(client, name, more);
        hand.advance(Duration::from_millis(1));
    };
    make_user(
        &client,
        "a",
        json!({
            "externalId": "b", "title": "Über", "active": true, "profileUrl": "http://z.example/B",
            "name": { "familyName": "Stone", "givenName": "Éva" },
            "emails": [{ "value": "z@x", "type": "work" }, { "value": "m@x", "type": "home", "primary": true }],
            ENTERPRISE: { "employeeNumber": "2", "department": "Sales", "manager": { "value": "M2" } },
        }),
    );
    make_user(
        &client,
        "b",
        json!({
            "externalId": "B", "title": "unter", "active": false,
            "name": { "familyName": "stone" },
            "emails": [{ "value": "n@x", "type": "work" }, { "value": "a@x" }],
            ENTERPRISE: { "employeeNumber": "10", "manager": { "value": "m1" } },
        }),
    );
    make_user(&client, "c", json!({ "title": "UBER" }));
    make_user(
        &client,
        "d",
        json!({ "externalId": "a", "title": "ärzte", "roles": [{ "value": "x" }], "addresses": [{ "locality": "Bonn" }] }),
    );
    make_group(&client, "g", &[]);
    fixture
}

#[test]
fn any_attribute_sorts() {
    let fixture = people();
    let client = fixture.client();
    for (by, ascending, descending) in [
        ("userName", "abcd", "dcba"),
        // The case of externalId counts, that of title does not.
        ("externalId", "bdac", "cadb"),
        ("title", "cbda", "adbc"),
        ("id", "abcd", "dcba"),
        ("meta.created", "abcd", "dcba"),
        ("meta.lastModified", "abcd", "dcba"),
        ("meta.location", "abcd", "dcba"),
        ("meta.resourceType", "abcd", "abcd"),
        ("meta.version", "abcd", "abcd"),
        ("schemas", "abcd", "abcd"),
        ("name.familyName", "abcd", "cdab"),
        ("name.givenName", "abcd", "bcda"),
        ("active", "bacd", "acdb"),
        ("profileUrl", "abcd", "bcda"),
        // The primary one, else the first; of a complex attribute, its value.
        ("emails", "abcd", "cdba"),
        ("emails.value", "abcd", "cdba"),
        ("emails.type", "abcd", "cdba"),
        ("roles", "dabc", "abcd"),
        ("addresses.locality", "dabc", "abcd"),
        ("groups", "abcd", "abcd"),
    ] {
        both(&fixture, by, ascending, descending);
    }
    for (sub, ascending, descending) in [
        ("employeeNumber", "bacd", "cdab"),
        ("department", "abcd", "bcda"),
        // Its case counts too.
        ("manager", "abcd", "cdba"),
        ("manager.value", "abcd", "cdba"),
    ] {
        both(
            &fixture,
            &format!("{ENTERPRISE}:{sub}"),
            ascending,
            descending,
        );
    }
    // Names have no case.
    both(&fixture, "USERNAME", "abcd", "dcba");
    assert_eq!(
        names(&list(&client, "/Groups", &[("sortBy", "members")])),
        ["g"]
    );
}

/// Asks in one page and page by page, by index and by cursor, and with a filter that no index answers.
fn both(fixture: &Fixture, by: &str, ascending: &str, descending: &str) {
    let client = fixture.client();
    for (order, expected) in [("ascending", ascending), ("Descending", descending)] {
        for filter in ["id pr", "userName co \"\" or title ew \"never\""] {
            let mut parameters = vec![("sortBy", by), ("sortOrder", order), ("filter", filter)];
            let whole = names(&list(&client, "/Users", &parameters)).concat();
            assert_eq!(whole, expected, "{by} {order} {filter}");
            parameters.push(("count", "1"));
            let mut seen = String::new();
            let mut cursor = Some(String::new());
            while let Some(text) = cursor {
                let mut page = parameters.clone();
                page.push(("cursor", &text));
                let page = list(&client, "/Users", &page);
                seen += &names(&page).concat();
                cursor = page["nextCursor"].as_str().map(str::to_owned);
            }
            assert_eq!(seen, expected, "{by} {order} {filter} by cursor");
            for start in 1..=4 {
                let start = start.to_string();
                let mut page = parameters.clone();
                page.push(("startIndex", &start));
                let found = names(&list(&client, "/Users", &page)).concat();
                assert_eq!(
                    Some(&*found),
                    whole.get(start.parse::<usize>().unwrap() - 1..start.parse().unwrap())
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_sorted_by_is_refused() {
    let fixture = people();
    let client = fixture.client();
    for by in ["shoeSize", "password", "name", "meta", "emails.shoe"] {
        for path in ["/Users", "/"] {
            let detail = client
                .get(&url(path, &[("sortBy", by)]))
                .refused(400, Some("invalidValue"));
            assert!(detail.contains(by), "{detail}");
        }
    }
    let found = list(
        &client,
        "/Users",
        &[("sortBy", ""), ("sortOrder", "descending")],
    );
    assert_eq!(names(&found).concat(), "abcd");
    client
        .get(&url(
            "/Users",
            &[("sortBy", "userName"), ("sortOrder", "down")],
        ))
        .refused(400, Some("invalidValue"));
}

#[test]
fn ascending_is_the_default() {
    let fixture = people();
    let found: Value = list(&fixture.client(), "/Users", &[("sortBy", "externalId")]);
    assert_eq!(names(&found).concat(), "bdac");
}
