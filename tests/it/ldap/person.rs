//! Who a person is: found by a search or bound by a name made of theirs.

use muster::login::Refused;

use super::Login;
use super::slapd::Slapd;

const CREDENTIALS: (&str, Refused) = ("ldap.credentials", Refused::Credentials);

#[test]
fn somebody_is_found_bound_and_read() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[]);
    let anna = login.log_in("anna", "annas-password").in_as();
    assert_eq!(
        (anna.source.as_str(), anna.user_name.as_str()),
        ("ldap", "anna@example.org")
    );
    assert_eq!(anna.emails, ["anna@example.org"]);
    assert_eq!(anna.given_name.as_deref(), Some("Anna"));
    assert_eq!(anna.family_name.as_deref(), Some("Berg"));
    assert_eq!(anna.admin, None);
    assert_eq!(anna.subject.len(), 36, "an entryUUID: {}", anna.subject);
    // Case and blanks around the name are no other person.
    assert_eq!(login.log_in(" ANNA ", "annas-password").in_as(), anna);

    assert_eq!(login.log_in("anna", "wrong").refused(), CREDENTIALS);
    assert_eq!(login.log_in("anna", "bens-password").refused(), CREDENTIALS);
    assert_eq!(
        login.log_in("anna", " annas-password").refused(),
        CREDENTIALS
    );
    assert_eq!(
        login.log_in("nobody", "annas-password").refused(),
        CREDENTIALS
    );
    assert_eq!(
        login.log_in("guest", "guests-password").refused(),
        CREDENTIALS,
        "outside of the base"
    );
}

#[test]
fn the_id_outlives_every_other_change() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[]);
    let before = login.log_in("anna", "annas-password").in_as();
    slapd.modify(
        "dn: uid=anna,ou=people,dc=example,dc=org\nchangetype: modify\nreplace: mail\nmail: a.voss@example.org\n-\n\
         replace: sn\nsn: Voss\n\n\
         dn: uid=anna,ou=people,dc=example,dc=org\nchangetype: modrdn\nnewrdn: uid=avoss\ndeleteoldrdn: 1\n",
    );
    let after = login.log_in("avoss", "annas-password").in_as();
    assert_eq!(after.subject, before.subject);
    assert_eq!(after.user_name, "a.voss@example.org");
    assert_eq!(
        login.log_in("anna", "annas-password").refused(),
        CREDENTIALS
    );
}

#[test]
fn a_name_full_of_signs_is_a_name() {
    let slapd = Slapd::start();
    let login = Login::at(
        &slapd,
        &[(
            "ldap.search_filter",
            "(|(uid={{username}})(cn={{username}}))",
        )],
    );
    for name in ["carol", "Smith, (Carol) *"] {
        let carol = login.log_in(name, "carols-password").in_as();
        assert_eq!(
            carol.emails,
            ["carol@example.org", "c.smith@example.org"],
            "{name}"
        );
        assert_eq!(carol.user_name, "carol@example.org");
    }
    let direct = Login::at(
        &slapd,
        &[
            ("ldap.search_base", ""),
            (
                "ldap.user_dn",
                "cn={{username}},ou=people,dc=example,dc=org",
            ),
        ],
    );
    let carol = direct.log_in("Smith, (Carol) *", "carols-password").in_as();
    assert_eq!(carol.family_name.as_deref(), Some("Smith"));
    assert_eq!(
        direct.log_in("Smith", "carols-password").refused(),
        CREDENTIALS
    );
}

#[test]
fn without_an_address_the_user_name_is_the_login_name_as_the_directory_has_it() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[]);
    let ben = login.log_in("BEN", "bens-password").in_as();
    assert_eq!((ben.user_name.as_str(), ben.emails.len()), ("ben", 0));
    let login = Login::at(
        &slapd,
        &[("ldap.user_name_attribute", "employeeNumber,uid")],
    );
    assert_eq!(
        login.log_in("anna", "annas-password").in_as().user_name,
        "anna"
    );
}

#[test]
fn one_name_for_two_people_lets_neither_in() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[("ldap.search_filter", "(mail={{username}})")]);
    let twin = login.log_in("twin@example.org", "twins-password");
    assert_eq!(twin.refused(), ("ldap.ambiguous", Refused::Credentials));
    assert!(
        twin.why().contains("uid=twin1") && twin.why().contains("uid=twin2"),
        "{}",
        twin.why()
    );
    login.log_in("anna@example.org", "annas-password").in_as();
}

#[test]
fn somebody_can_bind_with_a_name_made_of_theirs() {
    let slapd = Slapd::start();
    let template = (
        "ldap.user_dn",
        "uid={{username}},ou=people,dc=example,dc=org",
    );
    // With the person's own rights, and with those of the account.
    for account in [("ldap.bind_dn", ""), ("ldap.bind_dn", super::SERVICE)] {
        let login = Login::at(&slapd, &[("ldap.search_base", ""), template, account]);
        let anna = login.log_in("anna", "annas-password").in_as();
        assert_eq!(anna.user_name, "anna@example.org");
        assert_eq!(
            anna.subject,
            Login::at(&slapd, &[])
                .log_in("anna", "annas-password")
                .in_as()
                .subject
        );
        for name in [
            "nobody",
            "anna,ou=people",
            "anna+cn=Anna Berg",
            "*",
            "anna,ou=people,dc=example,dc=org#",
        ] {
            assert_eq!(
                login.log_in(name, "annas-password").refused(),
                CREDENTIALS,
                "{name}"
            );
        }
    }
}

#[test]
fn an_entry_without_an_id_lets_nobody_in() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[("ldap.id_attribute", "employeeNumber")]);
    let came = login.log_in("anna", "annas-password");
    assert_eq!(came.refused(), ("ldap.id", Refused::Denied));
    assert!(came.why().contains("employeeNumber"), "{}", came.why());
    let login = Login::at(&slapd, &[("ldap.id_attribute", "uid")]);
    assert_eq!(
        login.log_in("anna", "annas-password").in_as().subject,
        "anna"
    );
}

#[test]
fn who_is_an_administrator_is_asked_at_every_login() {
    let slapd = Slapd::start();
    let admin = |further: &[(&str, &str)], name: &str, password: &str| {
        Login::at(&slapd, further)
            .log_in(name, password)
            .in_as()
            .admin
    };
    let value = [
        ("ldap.admin_attribute", "employeeType"),
        ("ldap.admin_value", "administrator"),
    ];
    assert_eq!(admin(&value, "anna", "annas-password"), Some(true));
    assert_eq!(admin(&value, "ben", "bens-password"), Some(false));
    for group in ["admins", "CN=Admins, OU=Groups, DC=example, DC=org"] {
        let group = [("ldap.admin_group", group)];
        assert_eq!(admin(&group, "anna", "annas-password"), Some(true));
        assert_eq!(admin(&group, "carol", "carols-password"), Some(false));
    }
    slapd.modify(
        "dn: uid=anna,ou=people,dc=example,dc=org\nchangetype: modify\ndelete: employeeType\n",
    );
    assert_eq!(admin(&value, "anna", "annas-password"), Some(false));
}

#[test]
fn a_look_up_asks_for_no_password_and_tells_what_is_wrong() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[]);
    let anna = login.look_up("anna");
    let steps = anna.steps();
    assert_eq!(anna.in_as(), login.log_in("anna", "annas-password").in_as());
    for line in [
        "ok ldap.service_bind: as cn=muster,dc=example,dc=org",
        "note ldap.attributes: e-mail (mail): anna@example.org",
        "note ldap.attributes: given name (givenName): Anna",
        "cn=admins,ou=groups,dc=example,dc=org",
    ] {
        assert!(steps.contains(line), "{line} in {steps}");
    }
    let told =
        |further: &[(&str, &str)], name: &str| Login::at(&slapd, further).look_up(name).steps();
    let filter = told(
        &[(
            "ldap.search_filter",
            "(&(uid={{username}})(objectClass=posixAccount))",
        )],
        "anna",
    );
    assert!(filter.contains("ldap.search_filter is wrong"), "{filter}");
    let base = told(&[], "guest");
    assert!(
        base.contains("ldap.search_base is wrong") && base.contains("uid=guest,ou=guests"),
        "{base}"
    );
    let missing = told(
        &[("ldap.search_base", "ou=nowhere,dc=example,dc=org")],
        "anna",
    );
    assert!(
        missing.contains("ldap.search_base is wrong") && missing.contains("there is no"),
        "{missing}"
    );
    let nobody = told(&[], "nobody");
    assert!(
        nobody.contains("neither without the filter nor without the base"),
        "{nobody}"
    );
    let direct = [
        ("ldap.search_base", ""),
        (
            "ldap.user_dn",
            "uid={{username}},ou=people,dc=example,dc=org",
        ),
    ];
    let direct = Login::at(&slapd, &direct).look_up("anna").in_as();
    assert_eq!(direct.user_name, "anna@example.org");
}
