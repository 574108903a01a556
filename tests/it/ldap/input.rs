//! What people, and others, type as name and password.

use muster::login::Refused;

use super::Login;
use super::proxy::{Mood, Proxy};
use super::slapd::{Setup, Slapd};

#[test]
fn what_cannot_be_right_never_reaches_the_directory() {
    let slapd = Slapd::start();
    let proxy = Proxy::start(slapd.port, |_| Mood::Pass);
    let login = Login::at(&slapd, &[("ldap.url", &proxy.url())]);
    let long = "a".repeat(10_000);
    for (name, password, code) in [
        ("", "annas-password", "ldap.name"),
        ("   ", "annas-password", "ldap.name"),
        ("an\0na", "annas-password", "ldap.name"),
        ("an\nna", "annas-password", "ldap.name"),
        (&long, "annas-password", "ldap.name"),
        ("anna", "", "ldap.empty_password"),
        ("anna", "annas-password\0", "ldap.credentials"),
        ("anna", &long, "ldap.credentials"),
    ] {
        assert_eq!(
            login.log_in(name, password).refused(),
            (code, Refused::Credentials),
            "{name:?} {password:?}"
        );
    }
    assert_eq!(proxy.connections(), 0);
    login.log_in("anna", "annas-password").in_as();
    assert_eq!(
        proxy.connections(),
        2,
        "one that searches, one that is theirs"
    );
}

/// RFC 4513 §5.1.2: a name without a password may be taken for nobody, with success.
#[test]
fn no_password_is_no_proof_even_where_the_directory_says_so() {
    let slapd = Slapd::with(&Setup {
        global: "allow bind_anon_cred",
        ..Setup::default()
    });
    let direct = [
        ("ldap.search_base", ""),
        ("ldap.bind_dn", ""),
        (
            "ldap.user_dn",
            "uid={{username}},ou=people,dc=example,dc=org",
        ),
    ];
    for login in [Login::at(&slapd, &[]), Login::at(&slapd, &direct)] {
        assert_eq!(
            login.log_in("anna", "").refused(),
            ("ldap.empty_password", Refused::Credentials)
        );
        login.log_in("anna", "annas-password").in_as();
    }
}

#[test]
fn no_name_says_anything_in_a_filter() {
    let slapd = Slapd::start();
    let login = Login::at(
        &slapd,
        &[(
            "ldap.search_filter",
            "(&(objectClass=inetOrgPerson)(uid={{username}}))",
        )],
    );
    for name in [
        "*",
        "a*",
        "anna)(objectClass=*",
        "*)(uid=*))(|(uid=*",
        "anna)(|(mail=*)",
        "\\61nna",
        "anna\\",
        "anna)(!(uid=x",
        "{{username}}",
        "{{dn}}",
        "uid=anna,ou=people,dc=example,dc=org",
    ] {
        let came = login.log_in(name, "annas-password");
        assert_eq!(
            came.refused(),
            ("ldap.credentials", Refused::Credentials),
            "{name}"
        );
        assert!(
            came.why().contains("finds nobody"),
            "{name}: {}",
            came.why()
        );
    }
}

/// What the person is told hangs on nothing that tells them who exists.
#[test]
fn a_wrong_name_and_a_wrong_password_take_the_same_way() {
    let slapd = Slapd::start();
    let proxy = Proxy::start(slapd.port, |_| Mood::Pass);
    let login = Login::at(&slapd, &[("ldap.url", &proxy.url())]);
    let connections = |name: &str| {
        let before = proxy.connections();
        assert_eq!(
            login.log_in(name, "wrong").refused(),
            ("ldap.credentials", Refused::Credentials)
        );
        proxy.connections() - before
    };
    assert_eq!((connections("anna"), connections("nobody")), (2, 2));
}
