//! Connections are shared by strangers: whoever holds too many loses their own, and nobody else's.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::TLS13;

use crate::support::{Fixture, Http2, Place, Raw, Serving, TOKEN, tls};

/// Longer than an idle anonymous connection is kept, and than the machine is busy with other things.
const PATIENCE: Duration = Duration::from_secs(45);

/// A request that leaves its connection open.
fn request(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

/// Sends a request that needs no token and reads the answer; returns its status, 0 without one.
fn ask(raw: &mut Raw) -> u16 {
    raw.send(request("/healthz", ""));
    raw.read().status
}

fn crowd(size: usize, address: SocketAddr) -> Vec<Raw> {
    let stranger = IpAddr::from([127, 0, 0, 66]);
    let connections = (0..size).map(|_| Raw::connect_from(stranger, address));
    connections
        .map(|mut raw| {
            raw.send(request("/healthz", ""));
            raw
        })
        .collect()
}

/// A gateway that may open `hard` descriptors, and starts with a lower limit.
fn serve(hard: u32) -> (Place, Serving) {
    let mut place = Place::new(&[]);
    place.limit_descriptors(hard / 2, hard);
    let serving = place.serve(None);
    (place, serving)
}

fn closed_by(serving: &Serving, reason: &str) -> u64 {
    let text = serving.root(None).get("/metrics").expect(200).text();
    let name = format!("muster_http_connections_closed_total{{reason=\"{reason}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap().parse().unwrap()
}

#[test]
fn the_limit_of_descriptors_is_raised() {
    let (_place, serving) = serve(400);
    let limits = fs::read_to_string(format!("/proc/{}/limits", serving.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let words: Vec<&str> = line.unwrap().split_whitespace().collect();
    assert_eq!(words[3..5], ["400", "400"]);
}

/// One address holds all connections it can; others are served, and keep those they have.
#[test]
fn a_crowd_of_idle_connections_shuts_nobody_out() {
    let (_place, serving) = serve(256);
    let mut resident = Raw::connect(serving.address);
    assert_eq!(ask(&mut resident), 200);
    let mut crowd = crowd(500, serving.address);
    for newcomer in 1..=20 {
        let newcomer = IpAddr::from([127, 0, 0, newcomer]);
        let mut raw = Raw::connect_from(newcomer, serving.address);
        assert_eq!(ask(&mut raw), 200, "{newcomer}");
    }
    assert_eq!(ask(&mut resident), 200);
    assert!(closed_by(&serving, "pressure") >= 250);
    let mut open = 0;
    for raw in &mut crowd {
        if raw.read().status == 200 && raw.is_open() {
            open += 1;
        }
    }
    assert!(open > 50, "the newest of the crowd are kept");
}

/// The same with requests whose bodies never come.
#[test]
fn a_crowd_of_unfinished_requests_shuts_nobody_out() {
    let (_place, serving) = serve(256);
    let mut resident = Raw::connect(serving.address);
    assert_eq!(ask(&mut resident), 200);
    let stranger = IpAddr::from([127, 0, 0, 66]);
    let heads = [
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ];
    let _crowd: Vec<Raw> = (0..400)
        .map(|number| {
            let mut raw = Raw::connect_from(stranger, serving.address);
            raw.send(heads[number % heads.len()]);
            raw
        })
        .collect();
    assert_eq!(Raw::get(serving.address, "/healthz", "").status, 200);
    assert_eq!(ask(&mut resident), 200);
}

/// Drips a head into each connection of the first list until all are closed; the others stay open.
#[test]
fn anonymous_connections_end_when_they_are_idle() {
    let fixture = Fixture::start();
    let mut silent = Raw::connect(fixture.address);
    assert_eq!(ask(&mut silent), 200);
    let mut dripping = Raw::connect(fixture.address);
    assert_eq!(ask(&mut dripping), 200);
    dripping.send("GET /healthz HTTP/1.1\r\nX-Slow: ");
    let mut refused = Raw::connect(fixture.address);
    refused.send(request(
        "/scim/v2/Users",
        "Authorization: Bearer wrong-token\r\n",
    ));
    assert_eq!(refused.read().status, 401);
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    let mut known = Raw::connect(fixture.address);
    known.send(request("/scim/v2/Users?count=0", &token));
    assert_eq!(known.read().status, 200);

    let started = Instant::now();
    let mut strangers = [silent, dripping, refused];
    while strangers.iter_mut().any(Raw::is_open) {
        assert!(started.elapsed() < PATIENCE);
        strangers[1].send("x");
        thread::sleep(Duration::from_millis(500));
    }
    assert!(started.elapsed() >= Duration::from_secs(10));
    assert!(known.is_open());
    known.send(request("/scim/v2/Users?count=0", &token));
    assert_eq!(known.read().status, 200);
}

/// An HTTP/2 client that answers pings is idle all the same.
#[test]
fn an_anonymous_http2_connection_ends_when_it_is_idle() {
    let fixture = tls::fixture();
    let mut client = Http2::connect(fixture.address, 65_535);
    client.get("/healthz", false);
    assert!(matches!(client.read_head(), Some((_, true))));
    let started = Instant::now();
    while client.read().is_some() {}
    assert!(started.elapsed() < PATIENCE);
}

/// More handshakes begin than are handled at once; while all of them wait, another one is finished.
#[test]
fn unfinished_handshakes_shut_nobody_out() {
    let fixture = tls::fixture();
    let workers = thread::available_parallelism().unwrap().get();
    let size = (256 * workers + 20).min(900);
    let mut crowd: Vec<Raw> = (0..size).map(|_| Raw::connect(fixture.address)).collect();
    let mut client = tls::connect(fixture.address, &[&TLS13], "");
    client.conn.complete_io(&mut client.sock).unwrap();
    let waits = crowd.iter_mut().any(Raw::is_open);
    assert!(waits, "the handshake waited for all others");
}

/// Responses that the client does not read count as requests in progress.
#[test]
fn the_requests_of_one_http2_connection_are_bounded() {
    let fixture = tls::fixture();
    let mut client = Http2::connect(fixture.address, 0);
    for _ in 0..150 {
        client.get("/scim/v2/Users", true);
    }
    let served = (0..150).map(|_| client.read_head().unwrap());
    assert_eq!(served.filter(|(_, is_ok)| *is_ok).count(), 100);
    let mut other = Http2::connect(fixture.address, 65_535);
    other.get("/scim/v2/Users", true);
    assert!(matches!(other.read_head(), Some((_, true))));
    for _ in 0..100 {
        client.get("/scim/v2/Users", true);
    }
    while client.read().is_some() {}
}
