//! Clients that dawdle are cut, and nobody else notices them.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Raw, TOKEN};

fn post_head(length: usize) -> String {
    format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Sends a byte a second until the server has had enough; gives the time that took.
fn drip(raw: &mut Raw) -> Duration {
    let started = Instant::now();
    while raw.is_open() && started.elapsed() < Duration::from_secs(60) {
        raw.send(" ");
        thread::sleep(Duration::from_secs(1));
    }
    started.elapsed()
}

#[test]
fn a_slow_head_is_cut_within_ten_seconds() {
    let fixture = Fixture::start();
    let mut raw = Raw::connect(fixture.address);
    raw.send("GET /scim/v2/Users HTTP/1.1\r\nX-Slow:");
    let started = Instant::now();
    let reply = raw.read();
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    assert!([0, 408].contains(&reply.status), "{}", reply.head);
}

/// One test, as it has to wait for half a minute: a slow body is refused, and meanwhile hundreds of
/// slow connections keep nobody from being served.
#[test]
fn a_slow_body_is_cut_and_slow_clients_are_not_noticed() {
    let fixture = Fixture::start();
    let mut slow = Raw::connect(fixture.address);
    slow.send(post_head(1000));
    slow.send("{");
    let started = Instant::now();

    let mut crowd: Vec<Raw> = (0..400).map(|_| Raw::connect(fixture.address)).collect();
    for raw in &mut crowd {
        raw.send(post_head(1000));
    }
    let client = fixture.client();
    for _ in 0..50 {
        let asked = Instant::now();
        client.get("/Users").expect(200);
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
    }

    let reply = slow.read();
    assert!(
        started.elapsed() < Duration::from_secs(35),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(reply.status, 408, "{}", reply.head);
    assert_eq!(reply.json()["status"], "408");
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}

/// A stranger's body is not waited for at all, however it is framed.
#[test]
fn a_slow_body_without_a_token_keeps_no_connection() {
    let fixture = Fixture::start();
    for framing in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
        let mut raw = Raw::connect(fixture.address);
        raw.send(format!(
            "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"
        ));
        assert_eq!(raw.read().status, 401, "{framing}");
        let open = drip(&mut raw);
        assert!(open < Duration::from_secs(15), "{framing}: {open:?}");
    }
}
