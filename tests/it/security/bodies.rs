//! Request bodies: each route has its own limit, and one sender cannot use up the memory of all.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::saml::site::Site;
use crate::support::{Fixture, Raw, Setup, TOKEN};

const KIB: usize = 1024;
const FORM: &str = "application/x-www-form-urlencoded";
/// The tests are the proxy, and say which address each request is from.
const PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1");

/// The head of a POST from this address, with a body of so many bytes.
fn head(path: &str, kind: &str, from: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nX-Forwarded-For: {from}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Sends the head and the first bytes of a body that never ends.
fn unfinished(fixture: &Fixture, head: &str, bytes: usize) -> Raw {
    let mut raw = Raw::connect(fixture.address);
    raw.send(head);
    raw.send(vec![b'a'; bytes]);
    raw
}

/// Waits until so many of the connections have an answer; gives those that have one.
fn wait_for_answers(all: &mut [Raw], enough: usize) -> Vec<usize> {
    let started = Instant::now();
    loop {
        let answered = all.iter_mut().enumerate();
        let answered: Vec<usize> = answered
            .filter_map(|(at, raw)| raw.is_answered().then_some(at))
            .collect();
        if answered.len() >= enough {
            return answered;
        }
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(60), "{answered:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A login that fails, from this address; gives the status.
fn log_in(fixture: &Fixture, from: &str) -> u16 {
    let body = json!({ "username": "nobody", "password": "wrong" }).to_string();
    let head = head("/auth/login", "application/json", from, body.len());
    Raw::exchange(fixture.address, head + &body).status
}

#[test]
fn a_route_refuses_a_body_over_its_limit_before_the_rest_of_it_comes() {
    let site = Site::start();
    let fixture = &site.fixture;
    for (path, kind, limit) in [
        ("/auth/login", "application/json", 16 * KIB),
        ("/oauth/token", FORM, 16 * KIB),
        ("/saml/acs", FORM, 512 * KIB),
        ("/saml/slo", FORM, 512 * KIB),
    ] {
        let mut announced = unfinished(fixture, &head(path, kind, "-", limit + 1), 10);
        let reply = announced.read();
        assert_eq!(reply.status, 413, "{path}: {}", reply.head);
        // What is sent in chunks is refused as soon as more than the limit has come.
        let chunked =
            head(path, kind, "-", 0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
        let mut chunked = unfinished(fixture, &format!("{chunked}1000000\r\n"), limit + 1);
        let reply = chunked.read();
        assert_eq!(reply.status, 413, "{path}: {}", reply.head);
    }
    let form = "Sec-Fetch-Site: same-origin\r\n";
    for path in [
        "/login",
        "/launchpad",
        "/password/x",
        "/user/settings",
        "/logout",
    ] {
        let head = head(path, FORM, "-", 16 * KIB + 1)
            .replace("Host: x\r\n", &format!("Host: x\r\n{form}"));
        let reply = unfinished(fixture, &head, 10).read();
        assert_eq!(reply.status, 413, "{path}: {}", reply.head);
    }
}

/// Two bytes of a form make fifty in memory.
#[test]
fn a_form_has_so_many_fields() {
    let site = Site::start();
    for (path, fields, expected) in [
        ("/oauth/token", 64, 400),
        ("/oauth/token", 65, 413),
        ("/saml/acs", 64, 403),
        ("/saml/acs", 200_000, 413),
    ] {
        let body = vec!["a"; fields].join("&");
        let head = head(path, FORM, "-", body.len());
        let reply = Raw::exchange(site.fixture.address, head + &body);
        assert_eq!(reply.status, expected, "{path} {fields}: {}", reply.head);
    }
}

/// The whole point of the limit: whoever has no token makes the gateway read nothing.
#[test]
fn no_body_is_read_before_the_token_is_checked() {
    let fixture = Fixture::start();
    for path in ["/scim/v2/Users", "/scim/v2/Bulk", "/auth/introspect"] {
        for credential in ["", "Authorization: Bearer wrong\r\n"] {
            let kind = format!("application/json\r\n{credential}Accept: */*");
            let mut raw = unfinished(&fixture, &head(path, &kind, "-", 1_000_000), 0);
            assert_eq!(raw.read().status, 401, "{path} {credential}");
        }
    }
}

#[test]
fn one_address_loses_its_slowest_body_and_others_log_in() {
    let fixture = Fixture::with(Setup {
        settings: vec![PROXY],
        ..Setup::default()
    });
    let head = |from: &str| head("/auth/login", "application/json", from, 16_000);
    let (stranger, other) = ("203.0.113.9", "203.0.113.10");
    let mut crowd: Vec<Raw> = (0..8)
        .map(|at| {
            let bytes = if at == 3 { 100 } else { 15_000 };
            unfinished(&fixture, &head(stranger), bytes)
        })
        .collect();
    // They are judged by their speed when they are a second old.
    thread::sleep(Duration::from_millis(1_200));
    assert!(wait_for_answers(&mut crowd, 0).is_empty());
    // One more from the same address is answered, and the slowest is cut for it.
    assert_eq!(log_in(&fixture, stranger), 401);
    assert_eq!(wait_for_answers(&mut crowd, 1), [3]);
    let reply = crowd[3].read();
    assert_eq!((reply.status, &reply.json()["status"]), (408, &json!(408)));
    // All that one address can do: each of many is taken in, and those before it go.
    crowd.extend((0..60).map(|_| unfinished(&fixture, &head(stranger), 15_000)));
    assert_eq!(log_in(&fixture, other), 401);
    wait_for_answers(&mut crowd, 59);
    assert_eq!(log_in(&fixture, stranger), 401);
    assert_eq!(log_in(&fixture, other), 401);
}

#[test]
fn many_addresses_lose_what_is_over_64_mib_and_others_log_in() {
    let site = Site::with(muster::clock::Clock::system(), &[PROXY]);
    let fixture = &site.fixture;
    // 160 bodies of half a mebibyte: 80 MiB, of which 16 do not fit.
    let mut crowd: Vec<Raw> = (0..160)
        .map(|at| {
            let from = format!("198.51.100.{}", at / 8);
            unfinished(fixture, &head("/saml/acs", FORM, &from, 512 * KIB), 520_000)
        })
        .collect();
    let cut = wait_for_answers(&mut crowd, 32);
    assert!(cut.len() < 160, "{cut:?}");
    let reply = crowd[cut[0]].read();
    let told = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, 408, "{}", reply.head);
    assert!(told.contains("this one was the slowest"), "{told}");
    let (large, other) = (400 * KIB, "203.0.113.10");
    let body = format!("SAMLResponse={}", "A".repeat(large - 13));
    let reply = Raw::exchange(
        fixture.address,
        head("/saml/acs", FORM, other, large) + &body,
    );
    assert_eq!(reply.status, 403, "{}", reply.head);
}

#[test]
fn a_body_that_does_not_arrive_in_ten_seconds_is_cut() {
    let fixture = Fixture::start();
    let mut raw = unfinished(
        &fixture,
        &head("/auth/login", "application/json", "-", 100),
        1,
    );
    let started = Instant::now();
    let reply = raw.read();
    assert_eq!(reply.status, 408, "{}", reply.head);
    assert!(reply.head.contains("connection: close"), "{}", reply.head);
    assert!(
        started.elapsed() < Duration::from_secs(25),
        "{:?}",
        started.elapsed()
    );
}

/// A connection may have 16 MiB of large bodies in memory; small requests do not count.
#[test]
fn a_connection_loses_its_slowest_large_body() {
    let fixture = Fixture::start();
    let kind = format!("application/json\r\nAuthorization: Bearer {TOKEN}");
    let head = head("/scim/v2/Bulk", &kind, "-", 2_000_000);
    let mut crowd: Vec<Raw> = (0..12)
        .map(|_| unfinished(&fixture, &head, 1_900_000))
        .collect();
    let cut = wait_for_answers(&mut crowd, 4);
    assert_eq!(crowd[cut[0]].read().status, 408);
    fixture
        .client()
        .post("/Users", &crate::support::user("ada"))
        .expect(201);
}
