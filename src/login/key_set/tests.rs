//! Rotation and outage of an issuer's keys, against a server of this machine.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::clock::Hand;

/// An issuer that answers each request when the test says with what.
struct Issuer {
    address: SocketAddr,
    asked: Receiver<()>,
    answers: Sender<Option<String>>,
}

impl Issuer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((tell, asked), (answers, next)) = (channel(), channel::<Option<String>>());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream: TcpStream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                // The test is over when nobody listens any more.
                let (Ok(()), Ok(answer)) = (tell.send(()), next.recv()) else {
                    return;
                };
                let text = match answer {
                    Some(body) => format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ),
                    None => {
                        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned()
                    }
                };
                let _ = stream.write_all(text.as_bytes());
            }
        });
        Self {
            address,
            asked,
            answers,
        }
    }

    /// How often it was asked since the last time.
    fn asked(&self) -> usize {
        self.asked.try_iter().count()
    }

    fn publishes(&self, names: &[&str]) {
        let keys: Vec<Value> = names.iter().map(|name| key(name)).collect();
        self.answers
            .send(Some(json!({ "keys": keys }).to_string()))
            .unwrap();
    }

    fn fails(&self) {
        self.answers.send(None).unwrap();
    }
}

fn key(name: &str) -> Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({ "kty": "EC", "crv": "P-256", "kid": name, "x": text(&point[1..33]), "y": text(&point[33..]) })
}

fn set(issuer: &Issuer) -> (KeySet, Hand, Runtime) {
    let (clock, hand) = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let fetch = Fetch::new(&["127.0.0.1".parse().unwrap()]);
    let url = format!("http://{}/keys", issuer.address).parse().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    (KeySet::new(url, fetch, clock), hand, runtime)
}

fn names(found: &Result<Vec<Key>, NoKey>) -> Result<Vec<&str>, NoKey> {
    found
        .as_ref()
        .map(|keys| keys.iter().map(Key::id).collect())
        .map_err(Clone::clone)
}

#[test]
fn a_new_key_costs_one_fetch_and_unknown_ones_one_a_minute() {
    let issuer = Issuer::start();
    let (set, hand, runtime) = set(&issuer);
    let find = |name: &str| runtime.block_on(set.find(name));
    issuer.publishes(&["old"]);
    assert_eq!(names(&find("old")), Ok(vec!["old"]));
    assert_eq!(issuer.asked(), 1);
    for number in 0..1_000 {
        assert_eq!(
            names(&find(&format!("unknown-{number}"))),
            Err(NoKey::Unknown)
        );
    }
    assert_eq!(issuer.asked(), 0);
    hand.advance(Duration::from_secs(61));
    issuer.publishes(&["old", "new"]);
    assert_eq!(names(&find("new")), Ok(vec!["new"]));
    assert_eq!(names(&find("old")), Ok(vec!["old"]));
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn known_keys_work_while_the_issuer_is_down_or_slow() {
    let issuer = Issuer::start();
    let (set, hand, runtime) = set(&issuer);
    let find = |name: &str| runtime.block_on(set.find(name));
    issuer.publishes(&["key"]);
    assert_eq!(names(&find("key")), Ok(vec!["key"]));
    hand.advance(Duration::from_secs(61));
    issuer.fails();
    assert_eq!(names(&find("other")), Err(NoKey::Unknown));
    assert_eq!(names(&find("key")), Ok(vec!["key"]));
    assert_eq!(issuer.asked(), 2);
    // An hour later the set is read again beside the requests, and the issuer does not answer.
    hand.advance(Duration::from_secs(3_600));
    runtime.block_on(async {
        assert_eq!(names(&set.find("key").await), Ok(vec!["key"]));
        tokio::task::yield_now().await;
        assert_eq!(names(&set.find("key").await), Ok(vec!["key"]));
        assert_eq!(names(&set.find("other").await), Err(NoKey::Unknown));
    });
    issuer.fails();
}

#[test]
fn a_key_that_was_withdrawn_is_forgotten_within_the_hour() {
    let issuer = Issuer::start();
    let (set, hand, runtime) = set(&issuer);
    issuer.publishes(&["gone", "kept"]);
    runtime.block_on(async {
        assert_eq!(names(&set.find("gone").await), Ok(vec!["gone"]));
        hand.advance(Duration::from_secs(3_601));
        issuer.publishes(&["kept"]);
        assert_eq!(names(&set.find("gone").await), Ok(vec!["gone"]));
        let mut left = 1_000;
        while set.find("gone").await.is_ok() && left > 0 {
            left -= 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(names(&set.find("gone").await), Err(NoKey::Unknown));
        assert_eq!(names(&set.find("kept").await), Ok(vec!["kept"]));
    });
}

#[test]
fn without_any_keys_everybody_waits_for_one_attempt() {
    let issuer = Issuer::start();
    let (set, _hand, runtime) = set(&issuer);
    issuer.fails();
    let found = runtime
        .block_on(async { futures_util::future::join_all((0..20).map(|_| set.find("key"))).await });
    assert!(
        found
            .iter()
            .all(|found| names(found) == Err(NoKey::Unavailable))
    );
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn keys_are_read_from_a_file_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    std::fs::write(&path, json!({ "keys": [key("filed")] }).to_string()).unwrap();
    let clock = Clock::fixed("2026-01-01T00:00:00Z".parse().unwrap());
    let set = KeySet::new(Location::File(path), Fetch::default(), clock);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(
        names(&runtime.block_on(set.find("filed"))),
        Ok(vec!["filed"])
    );
    assert_eq!(
        names(&runtime.block_on(set.find("other"))),
        Err(NoKey::Unknown)
    );
}
