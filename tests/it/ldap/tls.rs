//! Secured connections, and whom they trust.

use muster::login::Refused;

use super::Login;
use super::slapd::{Setup, Slapd};

const REFUSED: (&str, Refused) = ("ldap.tls", Refused::Unavailable);

#[test]
fn both_ways_of_securing_a_connection_work() {
    let slapd = Slapd::start();
    let ca = slapd.ca_file();
    let ldaps = Login::at(
        &slapd,
        &[("ldap.url", &slapd.tls_url()), ("ldap.ca_file", &ca)],
    );
    let start_tls = Login::at(&slapd, &[("ldap.start_tls", "true"), ("ldap.ca_file", &ca)]);
    for login in [ldaps, start_tls] {
        let came = login.log_in("anna", "annas-password");
        assert!(came.steps().contains(", secured"), "{}", came.steps());
        came.in_as();
    }
}

#[test]
fn a_directory_that_takes_no_password_in_clear_is_believed() {
    let slapd = Slapd::with(&Setup {
        global: "security simple_bind=128",
        ..Setup::default()
    });
    let ca = slapd.ca_file();
    let login = Login::at(&slapd, &[("ldap.start_tls", "true"), ("ldap.ca_file", &ca)]);
    login.log_in("anna", "annas-password").in_as();
    let came = Login::at(&slapd, &[]).log_in("anna", "annas-password");
    assert_eq!(came.refused(), REFUSED, "{}", came.why());
}

/// Never a login without the check of a certificate, whatever is wrong with it.
#[test]
fn a_certificate_that_does_not_fit_ends_the_login() {
    let slapd = Slapd::start();
    let other = Slapd::with(&Setup {
        name: Some("DNS:ldap.example.org"),
        ..Setup::default()
    });
    let old = Slapd::with(&Setup {
        days: Some("-1"),
        ..Setup::default()
    });
    let system = String::new();
    for (at, ca, hint) in [
        (&slapd, other.ca_file(), "ldap.ca_file"),
        (&slapd, system, "ldap.ca_file"),
        (&other, other.ca_file(), "ldap.url must name the server"),
        (&old, old.ca_file(), "clock of this machine"),
    ] {
        for way in [
            [
                ("ldap.url", at.tls_url()),
                ("ldap.start_tls", "false".into()),
            ],
            [("ldap.url", at.url()), ("ldap.start_tls", "true".into())],
        ] {
            let [(url, url_value), (tls, tls_value)] = &way;
            let login = Login::at(
                at,
                &[(url, url_value), (tls, tls_value), ("ldap.ca_file", &ca)],
            );
            let came = login.log_in("anna", "annas-password");
            assert_eq!(came.refused(), REFUSED, "{}", came.why());
            assert!(came.why().contains(hint), "{}", came.why());
        }
    }
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_named() {
    let slapd = Slapd::start();
    for name in ["missing.pem", "slapd.conf", "key.pem"] {
        let ca = slapd.file(name);
        let login = Login::at(&slapd, &[("ldap.start_tls", "true"), ("ldap.ca_file", &ca)]);
        let came = login.log_in("anna", "annas-password");
        assert_eq!(came.refused(), REFUSED);
        assert!(came.why().contains(name), "{}", came.why());
    }
}

#[test]
fn a_port_that_does_not_speak_tls_is_told_so() {
    let slapd = Slapd::start();
    let url = slapd.url().replace("ldap://", "ldaps://");
    let login = Login::at(
        &slapd,
        &[("ldap.url", &url), ("ldap.ca_file", &slapd.ca_file())],
    );
    assert_eq!(
        login.log_in("anna", "annas-password").refused().1,
        Refused::Unavailable
    );
}
