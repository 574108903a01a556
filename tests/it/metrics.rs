//! The figures for Prometheus: what they say, who may read them, and that no client can make them grow.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Client, Fixture, Raw, Setup, World, user};

const KEY: &str = "the-token-of-the-metrics";

fn metrics(fixture: &Fixture) -> String {
    let reply = fixture.root().authorized(None).get("/metrics").expect(200);
    let kind = reply.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    reply.text()
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> f64 {
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let mut found = lines.filter(|(name, _)| *name == sample);
    let (_, value) = found
        .next()
        .unwrap_or_else(|| panic!("no {sample} in {text}"));
    assert!(found.next().is_none(), "{sample} is there twice");
    value.parse().unwrap()
}

#[test]
fn people_groups_and_requests_are_counted() {
    let world = World::strict();
    let path = format!("/Users/{}", world.user);
    let shut = json!([{ "op": "replace", "path": "active", "value": false }]);
    world.client.operations(&path, &shut).expect(200);
    let third = world.client.post("/Users", &user("third")).expect(201).id();
    world.client.delete(&format!("/Users/{third}")).expect(204);
    world.client.get("/Users/none").expect(404);
    world
        .fixture
        .block_on(world.fixture.gateway.seal_audit())
        .unwrap();
    let text = metrics(&world.fixture);
    for (sample, expected) in [
        ("num_active_users", 2.0),
        ("muster_users{state=\"active\"}", 1.0),
        ("muster_users{state=\"deactivated\"}", 1.0),
        ("muster_users{state=\"deleted\"}", 1.0),
        ("muster_groups", 1.0),
        ("muster_audit_unsealed", 0.0),
        ("muster_audit_unsealed_age_seconds", 0.0),
        ("muster_store_ready", 1.0),
        ("muster_store_queue_depth{queue=\"changes\"}", 0.0),
        ("muster_provisioning_log_dropped_total", 0.0),
        (
            "muster_http_requests_total{route=\"/scim/v2/Users\",method=\"POST\",status=\"2xx\"}",
            3.0,
        ),
        (
            "muster_http_requests_total{route=\"/scim/v2/Users/{id}\",method=\"GET\",status=\"4xx\"}",
            1.0,
        ),
        (
            "muster_http_request_duration_seconds_count{route=\"/scim/v2/Users\",method=\"POST\"}",
            3.0,
        ),
    ] {
        assert!(
            (value(&text, sample) - expected).abs() < f64::EPSILON,
            "{sample}\n{text}"
        );
    }
    assert!(value(&text, "muster_store_wal_bytes") > 0.0);
    assert!(text.contains("muster_build_info{version=\""));
}

/// Every sample stands behind the type of its family, and no family comes twice.
#[test]
fn the_text_is_well_formed() {
    let world = World::strict();
    let text = metrics(&world.fixture);
    let mut families = BTreeSet::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("# TYPE ") {
            family = said.split(' ').next().unwrap();
            assert!(families.insert(family), "{family} twice");
        } else if !line.starts_with('#') {
            assert!(line.starts_with(family) && !family.is_empty(), "{line}");
        }
    }
    assert!(families.len() > 10);
}

#[test]
fn without_a_token_only_direct_peers_of_this_machine_may_read() {
    let fixture = Fixture::start();
    for header in [
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 127.0.0.1",
        "X-Real-IP: ::1",
        "Via: 1.1 proxy",
    ] {
        let reply = Raw::get(fixture.address, "/metrics", &format!("{header}\r\n"));
        assert_eq!(reply.status, 403, "{header}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("num_active_users"));
    }
    assert_eq!(Raw::get(fixture.address, "/metrics", "").status, 200);
}

#[test]
fn with_a_token_only_its_holder_may_read() {
    let fixture = Fixture::with(Setup {
        settings: vec![("metrics.token", KEY)],
        ..Setup::default()
    });
    let root = fixture.root();
    let with = |authorization: Option<&str>| root.authorized(authorization).get("/metrics");
    for wrong in [
        None,
        Some("Bearer wrong"),
        Some("Bearer"),
        Some(KEY),
        Some("Basic x"),
    ] {
        let reply = with(wrong).expect(401);
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"muster\"")
        );
    }
    root.get("/metrics").expect(401);
    assert!(
        with(Some(&format!("Bearer {KEY}")))
            .expect(200)
            .text()
            .contains("num_active_users")
    );
    let forwarded = format!("Authorization: Bearer {KEY}\r\nX-Forwarded-For: 192.0.2.1\r\n");
    assert_eq!(
        Raw::get(fixture.address, "/metrics", &forwarded).status,
        200
    );
}

/// The names and labels of all samples.
fn series(fixture: &Fixture) -> BTreeSet<String> {
    let text = metrics(fixture);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect()
}

/// A request with something random in each place where a client has a choice.
fn random(client: &Client, number: u32) {
    let text = format!("x{}", number.wrapping_mul(2_654_435_761));
    match number % 8 {
        0 => client.get(&format!("/{text}")),
        1 => client.get(&format!("/Users/{text}")),
        2 => client.get(&format!("/Users?filter={text}%20eq%20%22{text}%22")),
        3 => client.send(&text, "/Users", &[], None),
        4 => client.get(&format!("/Groups?{text}={text}")),
        5 => client
            .authorized(Some(&format!("Bearer {text}")))
            .get("/Users"),
        6 => client.send(
            "PUT",
            &format!("/Groups/{text}"),
            &[("Content-Type", &text)],
            Some(b"{"),
        ),
        _ => client.delete(&format!("/Users/{text}/{text}")),
    };
}

/// Bar 73.
#[test]
fn random_requests_make_no_new_series() {
    let fixture = Fixture::with(Setup {
        settings: vec![("limits.failures", "0"), ("limits.rate", "0")],
        ..Setup::default()
    });
    let client = fixture.client();
    for number in 0..64 {
        random(&client, number);
    }
    metrics(&fixture);
    let before = series(&fixture);
    for number in 64..10_064 {
        random(&client, number);
    }
    assert_eq!(series(&fixture), before);
    assert!(before.len() < 300, "{}", before.len());
}
