//! A graceful stop: what runs is finished, nothing new is accepted, and it does not take long.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Raw, TOKEN, user};

#[test]
fn what_runs_is_finished_and_nothing_new_is_accepted() {
    let mut fixture = Fixture::start();
    let address = fixture.address;
    let body = user("late").to_string();
    let (first, last) = body.split_at(body.len() / 2);
    let mut raw = Raw::connect(address);
    raw.send(format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    ));
    thread::sleep(Duration::from_millis(300));
    thread::scope(|scope| {
        let stopping = scope.spawn(move || {
            fixture.stop();
            fixture
        });
        thread::sleep(Duration::from_millis(500));
        assert!(
            TcpStream::connect(address).is_err() || Raw::get(address, "/healthz", "").status == 0
        );
        raw.send(last);
        let reply = raw.read();
        assert_eq!(reply.status, 201, "{}", reply.head);
        drop(stopping.join().unwrap());
    });
}

#[test]
fn idle_connections_do_not_delay_a_stop() {
    let mut fixture = Fixture::start();
    let mut idle: Vec<Raw> = (0..20).map(|_| Raw::connect(fixture.address)).collect();
    for raw in &mut idle {
        raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(raw.read().status, 200);
    }
    let started = Instant::now();
    fixture.stop();
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_client_that_never_finishes_delays_a_stop_for_ten_seconds_at_most() {
    let mut fixture = Fixture::start();
    let mut raw = Raw::connect(fixture.address);
    raw.send(format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n{{"
    ));
    thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    fixture.stop();
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}
