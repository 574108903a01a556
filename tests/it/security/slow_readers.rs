//! Responses that a client does not read are not kept for it.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Fixture, Http2, Raw, TOKEN, tls, user};

/// A list of several megabytes: more than the kernel takes.
const LIST: &str = "/scim/v2/Users?count=60";
/// The slow readers are closed after 30 or 60 s.
const PATIENCE: Duration = Duration::from_secs(150);

fn fill(fixture: &Fixture) {
    let client = fixture.client();
    for number in 0..60 {
        let mut user = user(&format!("user{number}"));
        user["title"] = json!("x".repeat(100_000));
        client.post("/Users", &user).expect(201);
    }
}

fn begin(mut raw: Raw) -> Raw {
    raw.send(format!(
        "GET {LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    ));
    raw
}

/// Reads what is left; returns how much that was.
fn drain(raw: &mut Raw) -> usize {
    std::iter::from_fn(|| Some(raw.skip(65_536)).filter(|count| *count > 0)).sum()
}

/// One reads nothing, one 500 B/s; both are closed. One that reads 32 KiB/s is not.
#[test]
fn a_client_that_reads_too_slowly_is_closed() {
    let fixture = Fixture::start();
    fill(&fixture);
    let whole = {
        let reply = begin(Raw::connect(fixture.address)).read();
        assert_eq!(reply.status, 200);
        reply.body.len()
    };
    assert!(whole > 5_000_000);
    let mut nothing = begin(Raw::connect_narrow(fixture.address));
    let mut slow = begin(Raw::connect_narrow(fixture.address));
    let mut steady = begin(Raw::connect(fixture.address));
    let started = Instant::now();
    let mut steady_bytes = 0;
    while started.elapsed() < Duration::from_secs(75) {
        slow.skip(1_000);
        steady_bytes += steady.skip(65_536);
        thread::sleep(Duration::from_secs(2));
    }
    assert!(drain(&mut nothing) < whole / 2, "nothing was read for 75 s");
    assert!(drain(&mut slow) < whole / 2, "500 B/s");
    assert!(steady_bytes + drain(&mut steady) > whole, "32 KiB/s");
}

/// A client that opens no window for a response, and reads others meanwhile.
#[test]
fn an_http2_client_reads_every_response() {
    let fixture = tls::fixture();
    let mut client = Http2::connect(fixture.address, 0);
    client.get("/scim/v2/ServiceProviderConfig", true);
    assert!(matches!(client.read_head(), Some((_, true))));
    let started = Instant::now();
    loop {
        let stream = client.get("/scim/v2/Users", true);
        client.allow(stream, 10_000);
        let whole = std::iter::from_fn(|| client.read())
            .any(|frame| frame.stream == stream && frame.is_last());
        if !whole {
            break;
        }
        assert!(started.elapsed() < PATIENCE);
        thread::sleep(Duration::from_secs(1));
    }
    assert!(started.elapsed() >= Duration::from_secs(20));
}
