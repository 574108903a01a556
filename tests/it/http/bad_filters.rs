//! Filters and other parameters that are wrong: 400 with the reason, never all resources, never a crash.

use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::{Raw, TOKEN, World};

/// Most of a request line; the parser takes 64 KiB.
const CHARS: usize = 60_000;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    let world = World::strict();
    for filter in [
        "",
        " ",
        "userName",
        "userName eq",
        "eq \"x\"",
        "userName eq \"x",
        "userName eq x",
        "userName foo \"x\"",
        "userName = \"x\"",
        "userName like \"x\"",
        "userName eq \"x\" and",
        "and userName eq \"x\"",
        "userName eq \"x\" userName eq \"y\"",
        "userName eq \"x\" xor userName eq \"y\"",
        "(userName eq \"x\"",
        "userName eq \"x\")",
        "not userName eq \"x\"",
        "()",
        "emails[type eq \"work\"",
        "emails type eq \"work\"]",
        "emails[]",
        "emails[emails[type eq \"work\"]]",
        "userName eq {}",
        "userName eq [\"x\"]",
        "userName eq \"a\" \"b\"",
        "userName eq \"\\x\"",
        "userName eq \"\\ud800\"",
        "userName eq \"\\u0000\"",
        "userName eq \"a\u{0}b\"",
        "userName; DROP TABLE resource",
        "userName eq 'x'",
        "active gt true",
        "active lt false",
        "1 eq 1",
        "user name eq \"x\"",
        "userName..x eq \"x\"",
        "userName.x eq \"x\"",
        "urn: eq \"x\"",
    ] {
        let reply = world
            .client
            .get(&format!("/Users?filter={}", encoded(filter)));
        assert_eq!(reply.status, 400, "{filter}: {}", reply.text());
        reply.refused(400, Some("invalidFilter"));
    }
}

#[test]
fn a_query_string_that_is_not_encoded_is_refused() {
    let world = World::strict();
    for value in [
        "%",
        "%4",
        "%zz",
        "%ff",
        "%c0%af",
        "%ed%a0%80",
        "%f8%88%80%80%80",
        "userName%20eq%20%22%ff%22",
    ] {
        world
            .client
            .get(&format!("/Users?filter={value}"))
            .refused(400, Some("invalidFilter"));
        world
            .client
            .get(&format!("/Users?sortBy={value}"))
            .refused(400, Some("invalidValue"));
        world
            .client
            .get(&format!("/Users/{}?attributes={value}", world.user))
            .refused(400, Some("invalidValue"));
    }
}

#[test]
fn other_parameters_are_checked_too() {
    let world = World::strict();
    for query in [
        "count=x",
        "count=",
        "count=1.5",
        "startIndex=x",
        "startIndex=1e3",
        "sortBy=userName&sortOrder=up",
        "count=1&count=2",
        "attributes=userName&attributes=id",
    ] {
        let reply = world.client.get(&format!("/Users?{query}"));
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
        reply.refused(400, Some("invalidValue"));
    }
    world
        .client
        .get("/Users?filter=id%20pr&filter=id%20pr")
        .refused(400, Some("invalidValue"));
}

/// Filters that would overflow the stack of a careless parser; as long as a request line may be.
#[test]
fn deeply_nested_filters_are_refused_at_once() {
    let world = World::strict();
    for (name, unit, tail) in [
        ("(", "(", ""),
        ("not(", "not(", ""),
        ("not%20(", "not%20(", ""),
        ("emails[", "emails[", ""),
        ("[", "[", ""),
        ("closed", "(", "id%20pr"),
        ("and", "id%20pr%20and%20", "id%20pr"),
        ("or", "id%20pr%20or%20", "id%20pr"),
        ("dots", "a.", "a%20pr"),
        ("colons", "a:", "a%20pr"),
        ("quotes", "\\%22", ""),
    ] {
        let filter = unit.repeat(CHARS / unit.len()) + tail;
        let request = format!("/scim/v2/Users?filter={filter}");
        let started = Instant::now();
        let reply = Raw::get(
            world.fixture.address,
            request,
            &format!("Authorization: Bearer {TOKEN}\r\n"),
        );
        assert_eq!(reply.status, 400, "{name}: {}", reply.head);
        assert_eq!(reply.json()["scimType"], "invalidFilter", "{name}");
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{name}: {:?}",
            started.elapsed()
        );
    }
    assert_eq!(
        world.client.get("/Users").expect(200).json()["totalResults"],
        2
    );
}

#[test]
fn each_depth_is_read_or_refused() {
    let world = World::strict();
    for depth in (0..40).chain([100, 1000, 5000]) {
        for open in ["(", "not("] {
            let filter = format!("{}id%20pr{}", open.repeat(depth), ")".repeat(depth));
            let reply = world.client.get(&format!("/Users?filter={filter}"));
            assert!(
                [200, 400].contains(&reply.status),
                "{open} {depth}: {}",
                reply.status
            );
        }
    }
}

/// What the HTTP parser refuses is a bare 4xx; the process goes on.
#[test]
fn a_request_line_without_end_is_cut() {
    let world = World::strict();
    for length in [70_000, 1_000_000] {
        let filter = "(".repeat(length);
        let reply = Raw::get(
            world.fixture.address,
            format!("/scim/v2/Users?filter={filter}"),
            "",
        );
        assert!(
            reply.status == 0 || (400..500).contains(&reply.status),
            "{}",
            reply.head
        );
    }
    world.client.get("/Users").expect(200);
}

#[test]
fn discovery_cannot_be_filtered() {
    let world = World::strict();
    for list in ["/Schemas", "/ResourceTypes"] {
        world
            .client
            .get(&format!("{list}?filter=id%20pr"))
            .refused(403, None);
        world
            .client
            .get(&format!("{list}?Filter="))
            .refused(403, None);
        world
            .client
            .get(&format!("{list}?count=1&startIndex=9"))
            .expect(200);
    }
    world
        .client
        .get("/ServiceProviderConfig?filter=id%20pr")
        .expect(200);
}
