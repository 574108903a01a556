//! Servers that are dead or slow, and the next one in turn.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use muster::login::Refused;

use super::Login;
use super::proxy::{Mood, Proxy};
use super::slapd::Slapd;

const UNAVAILABLE: (&str, Refused) = ("ldap.unavailable", Refused::Unavailable);

/// A port that nobody listens on.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("ldap://{}", listener.local_addr().unwrap())
}

#[test]
fn a_dead_server_leaves_its_turn_to_the_next() {
    let slapd = Slapd::start();
    let silent = Proxy::start(slapd.port, |_| Mood::Silent);
    let shut = Proxy::start(slapd.port, |_| Mood::HangUp);
    let urls = [dead(), shut.url(), silent.url(), slapd.url()].join(",");
    let login = Login::at(&slapd, &[("ldap.url", &urls), ("ldap.timeout", "8s")]);
    let came = login.log_in("anna", "annas-password");
    assert_eq!(
        came.steps().matches("the next server is asked").count(),
        3,
        "{}",
        came.steps()
    );
    came.in_as();
    // The one that answered is asked first from now on.
    let before = silent.connections();
    login.log_in("anna", "annas-password").in_as();
    assert_eq!(silent.connections(), before);
    // A refusal is an answer: no other server is asked.
    let both = [slapd.url(), silent.url()].join(",");
    let login = Login::at(&slapd, &[("ldap.url", &both)]);
    assert_eq!(
        login.log_in("anna", "wrong").refused(),
        ("ldap.credentials", Refused::Credentials)
    );
    assert_eq!(silent.connections(), before);
}

#[test]
fn no_login_takes_longer_than_the_settings_say() {
    let slapd = Slapd::start();
    // Silent from the first byte, in the middle of the first answer, of the search, of the person's own bind.
    let moods: [fn(usize) -> Mood; 5] = [
        |_| Mood::Silent,
        |_| Mood::Stall(5),
        |_| Mood::Stall(20),
        |connection| {
            if connection == 0 {
                Mood::Pass
            } else {
                Mood::Stall(3)
            }
        },
        |_| Mood::Trickle(400),
    ];
    for (number, mood) in moods.into_iter().enumerate() {
        let proxy = Proxy::start(slapd.port, mood);
        let login = Login::at(
            &slapd,
            &[("ldap.url", &proxy.url()), ("ldap.timeout", "1s")],
        );
        let began = Instant::now();
        let came = login.log_in("anna", "annas-password");
        assert_eq!(came.refused(), UNAVAILABLE, "{number}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{number}: {:?}",
            began.elapsed()
        );
    }
}

#[test]
fn a_connection_that_breaks_is_no_answer() {
    let slapd = Slapd::start();
    for bytes in [0, 1, 7, 14, 15, 40, 80, 200] {
        let proxy = Proxy::start(slapd.port, move |_| Mood::Cut(bytes));
        let login = Login::at(&slapd, &[("ldap.url", &proxy.url())]);
        let came = login.log_in("anna", "annas-password");
        assert_eq!(came.refused(), UNAVAILABLE, "after {bytes} bytes");
    }
    let login = Login::at(&slapd, &[("ldap.url", &dead())]);
    assert_eq!(
        login.log_in("anna", "annas-password").refused(),
        UNAVAILABLE
    );
}

#[test]
fn a_wrong_account_is_a_fault_of_the_settings_and_not_of_the_person() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[("ldap.bind_dn", "cn=nobody,dc=example,dc=org")]);
    let came = login.log_in("anna", "annas-password");
    assert_eq!(came.refused(), ("ldap.service_bind", Refused::Unavailable));
    assert!(came.why().contains("ldap.bind_password"), "{}", came.why());
    assert!(!came.steps().contains(super::SERVICE_PASSWORD));
}

#[test]
fn each_server_is_reached_for_whoever_checks_the_settings() {
    let slapd = Slapd::start();
    let dead = dead();
    let urls = [dead.clone(), slapd.url()].join(",");
    let login = Login::at(&slapd, &[("ldap.url", &urls)]);
    let found = login.reach();
    assert_eq!(found[0].0, dead);
    assert!(
        found[0].1.as_ref().unwrap_err().contains("refused"),
        "{found:?}"
    );
    let fine = "bound as cn=muster,dc=example,dc=org, ou=people,dc=example,dc=org is there";
    assert_eq!(found[1], (slapd.url(), Ok(fine.to_owned())));
    let login = Login::at(
        &slapd,
        &[("ldap.search_base", "ou=nowhere,dc=example,dc=org")],
    );
    let why = login.reach().remove(0).1.unwrap_err();
    assert!(why.contains("ou=nowhere,dc=example,dc=org"), "{why}");
}

/// A directory that hangs is given so many logins, and no more.
#[test]
fn a_directory_that_hangs_takes_a_bounded_number_of_connections() {
    let slapd = Slapd::start();
    let proxy = Proxy::start(slapd.port, |_| Mood::Silent);
    let login = Login::at(
        &slapd,
        &[("ldap.url", &proxy.url()), ("ldap.timeout", "1s")],
    );
    let came: Vec<_> = login.runtime.block_on(async {
        let one = || async {
            let mut trail = muster::login::Trail::default();
            let password = muster::config::Secret::new("annas-password");
            login
                .directory
                .authenticate("anna", &password, &mut trail)
                .await
                .unwrap_err()
                .code
        };
        futures_util::future::join_all((0..400).map(|_| one())).await
    });
    assert!(came.iter().all(|code| *code == "ldap.unavailable"));
    // Those that end make room for others, whose time ends with theirs.
    assert!(proxy.connections() <= 256, "{}", proxy.connections());
}
