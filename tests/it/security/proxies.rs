//! Whose word counts about the address of a client: one header, of trusted proxies.

use serde_json::json;

use crate::support::{Fixture, Raw, Setup, log};

const STRANGER: &str = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=192.0.2.1\r\n";

fn behind_proxy(settings: &[(&'static str, &'static str)]) -> Fixture {
    Fixture::with(Setup {
        settings: settings.to_vec(),
        ..Setup::default()
    })
}

/// The address that the log has of a request with these headers.
fn logged_address(fixture: &Fixture, headers: &str) -> String {
    let reply = Raw::get(fixture.address, "/healthz", headers);
    let mut lines = reply.head.lines();
    let id = lines.find_map(|line| line.strip_prefix("x-request-id: "));
    let events = log::of_request(id.unwrap());
    let event = events.iter().find(|event| event["message"] == "request");
    let client = &event.unwrap()["fields"]["client"];
    client.as_str().unwrap().to_owned()
}

#[test]
fn a_client_behind_a_proxy_cannot_choose_its_address_with_the_other_header() {
    let trusted = ("server.trusted_proxies", "127.0.0.1");
    let fixture = behind_proxy(&[trusted]);
    assert_eq!(logged_address(&fixture, STRANGER), "203.0.113.9");
    assert_eq!(
        logged_address(&fixture, "Forwarded: for=192.0.2.1\r\n"),
        "127.0.0.1"
    );
    let fixture = behind_proxy(&[trusted, ("server.forwarded_header", "forwarded")]);
    assert_eq!(logged_address(&fixture, STRANGER), "192.0.2.1");
    assert_eq!(
        logged_address(&fixture, "X-Forwarded-For: 203.0.113.9\r\n"),
        "127.0.0.1"
    );
}

/// Wrong tokens are counted by address: whoever could choose it would never be stopped.
#[test]
fn another_header_does_not_evade_the_limit_of_an_address() {
    let fixture = behind_proxy(&[
        ("server.trusted_proxies", "127.0.0.1"),
        ("limits.failures", "4/min"),
    ]);
    let statuses: Vec<u16> = (0..6)
        .map(|at| {
            let headers = format!(
                "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=192.0.2.{at}\r\nAuthorization: Bearer wrong\r\n"
            );
            Raw::get(fixture.address, "/scim/v2/Users", &headers).status
        })
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn a_header_of_another_peer_is_warned_of_once() {
    let fixture = behind_proxy(&[]);
    for _ in 0..3 {
        assert_eq!(logged_address(&fixture, STRANGER), "127.0.0.1");
    }
    let address = fixture.address;
    let warnings = || {
        let text = log::text();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<serde_json::Value> = lines.collect();
        let about = lines.into_iter().filter(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            message.contains("is not a trusted proxy")
        });
        about.collect::<Vec<_>>()
    };
    let before = warnings();
    assert!(!before.is_empty(), "{address}");
    assert_eq!(before[0]["level"], "WARN");
    assert_eq!(before[0]["fields"]["peer"], json!("127.0.0.1"));
    let message = before[0]["message"].as_str().unwrap();
    assert!(message.contains("server.trusted_proxies"), "{message}");
    for _ in 0..3 {
        logged_address(&fixture, STRANGER);
    }
    assert_eq!(warnings().len(), before.len());
}

#[test]
fn settings_that_trust_everybody_or_do_nothing_are_warned_of() {
    let fixture = behind_proxy(&[("server.trusted_proxies", "0.0.0.0/0")]);
    let warned = fixture.gateway.settings().warnings().join("\n");
    assert!(warned.contains("0.0.0.0/0"), "{warned}");
    let fixture = behind_proxy(&[("server.forwarded_header", "forwarded")]);
    let warned = fixture.gateway.settings().warnings().join("\n");
    assert!(warned.contains("server.forwarded_header"), "{warned}");
}
