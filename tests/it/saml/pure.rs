//! The pure part alone: what is accepted, and that nothing of the battery is.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use muster::clock::Clock;
use muster::login::saml::{Asserted, Certificate, Expected, Response, Verifier};
use muster::login::{Refusal, Trail};
use tempfile::TempDir;

use super::battery::{self, World, field};
use super::document::{IDP, Login, Signed};
use super::signer::Key;

/// Refusing may take so long in a release build (measured there: below 5 ms).
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });

/// What a login is checked with.
pub struct Gate {
    verifier: Verifier,
    certificates: Vec<Certificate>,
}

impl Gate {
    pub fn new(keys: &[&Key]) -> Self {
        Self {
            verifier: Verifier::new().unwrap(),
            certificates: keys
                .iter()
                .map(|key| Certificate::parse(&key.pem()).unwrap())
                .collect(),
        }
    }

    pub fn check(&self, field: &str, login: &Login) -> Result<Asserted, Refusal> {
        let mut trail = Trail::default();
        let response = Response::decode(field, &mut trail)?;
        response.check(
            &expected(login),
            &self.certificates,
            self.verifier,
            &mut trail,
        )
    }
}

fn expected(login: &Login) -> Expected<'_> {
    Expected {
        entity_id: &login.entity_id,
        acs: &login.acs,
        idp: IDP,
        request: login.request.as_deref(),
        now: login.now,
        skew: SignedDuration::from_secs(60),
    }
}

pub fn login(now: Timestamp) -> Login {
    Login {
        acs: "https://muster.example.org/saml/acs".to_owned(),
        entity_id: "https://muster.example.org/saml/metadata".to_owned(),
        request: Some("_c0ffee".to_owned()),
        name_id: "somebody@example.org".to_owned(),
        now,
        attributes: vec![(
            "groups".to_owned(),
            vec!["staff".to_owned(), "münchen &amp; co".to_owned()],
        )],
    }
}

pub fn now() -> Timestamp {
    Clock::system().now()
}

#[test]
fn a_good_response_is_accepted_however_it_is_signed() {
    let key = Key::rsa();
    let (gate, login) = (Gate::new(&[&key]), login(now()));
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let xml = login.pieces("1").sign(signed, &key);
        let asserted = gate.check(&field(&xml), &login).unwrap();
        assert_eq!(
            (asserted.id.as_str(), asserted.name_id.value.as_str()),
            ("_a1", "somebody@example.org")
        );
        assert_eq!(asserted.attributes[0].values, ["staff", "münchen & co"]);
        assert_eq!(asserted.session_index.as_deref(), Some("_s1"));
        // In lines, as some send it.
        let lines: Vec<String> = field(&xml)
            .as_bytes()
            .chunks(76)
            .map(|line| String::from_utf8_lossy(line).into())
            .collect();
        gate.check(&lines.join("\r\n"), &login).unwrap();
    }
}

#[test]
fn an_old_and_a_new_key_hold_side_by_side() {
    let (old, new, other) = (Key::rsa(), Key::rsa(), Key::rsa());
    let (gate, login) = (Gate::new(&[&old, &new]), login(now()));
    for key in [&old, &new] {
        gate.check(&field(&login.pieces("1").sign(Signed::Both, key)), &login)
            .unwrap();
    }
    let refused = gate
        .check(
            &field(&login.pieces("1").sign(Signed::Both, &other)),
            &login,
        )
        .unwrap_err();
    assert_eq!(refused.code, "saml.signature");
}

#[test]
fn a_look_alike_is_somebody_else() {
    let key = Key::rsa();
    let gate = Gate::new(&[&key]);
    for name in [
        "Somebody@example.org",
        "s\u{43e}mebody@example.org",
        "somebody@example.org.evil",
    ] {
        let mut login = login(now());
        login.name_id = name.to_owned();
        let asserted = gate
            .check(
                &field(&login.pieces("1").sign(Signed::Assertion, &key)),
                &login,
            )
            .unwrap();
        assert_eq!(asserted.name_id.value, name);
    }
}

#[test]
fn nothing_of_the_battery_is_accepted_and_each_has_its_reason() {
    let (key, evil) = (Key::rsa(), Key::rsa());
    let gate = Gate::new(&[&key]);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let directory = TempDir::new().unwrap();
    // Nobody writes into it, so whoever opens it to read stands still.
    let file = directory.path().join("fifo").display().to_string();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    let attacks = battery::all();
    assert!(attacks.len() >= 130, "{}", attacks.len());
    let (mut wrong, mut slowest) = (Vec::new(), (Duration::ZERO, ""));
    for (number, attack) in attacks.iter().enumerate() {
        let mut login = login(now());
        login.request = Some(format!("_c0ffee{number}"));
        let world = World {
            login,
            key: key.clone(),
            evil: evil.clone(),
            trap: format!("http://{}", trap.local_addr().unwrap()),
            file: file.clone(),
            nonce: number.to_string(),
        };
        let field = (attack.field)(&world);
        let began = Instant::now();
        let answer = gate.check(&field, &world.login);
        let took = began.elapsed();
        slowest = slowest.max((took, attack.name));
        match answer {
            Ok(_) => wrong.push(format!("{} is accepted", attack.name)),
            Err(refusal) if refusal.code != attack.code => {
                wrong.push(format!(
                    "{}: {} instead of {} ({})",
                    attack.name, refusal.code, attack.code, refusal.detail
                ));
            }
            Err(_) => {}
        }
    }
    println!(
        "{} refused, the slowest {} in {:?}",
        attacks.len(),
        slowest.1,
        slowest.0
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(slowest.0 < LIMIT, "{slowest:?}");
    assert!(trap.accept().is_err(), "something connected");
}
