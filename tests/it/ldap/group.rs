//! The groups of a person, in the ways that OpenLDAP knows.

use super::Login;
use super::slapd::Slapd;

const GROUPS: &str = "ou=groups,dc=example,dc=org";

fn groups(login: &Login, name: &str, password: &str) -> Vec<String> {
    let mut groups = login.log_in(name, password).in_as().groups;
    groups.sort();
    let short = |group: String| group.replace(&format!(",{GROUPS}"), "");
    groups.into_iter().map(short).collect()
}

#[test]
fn the_directory_may_tell_them_in_the_entry() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[]);
    assert_eq!(
        groups(&login, "anna", "annas-password"),
        ["cn=admins", "cn=writers"]
    );
    assert_eq!(groups(&login, "carol", "carols-password"), ["cn=writers"]);
    assert!(groups(&login, "ben", "bens-password").is_empty());
}

#[test]
fn they_can_be_searched_for_by_whom_they_name() {
    let slapd = Slapd::start();
    let search = |filter: &str| {
        Login::at(
            &slapd,
            &[
                ("ldap.groups", "search"),
                ("ldap.group_search_base", GROUPS),
                ("ldap.group_search_filter", filter),
            ],
        )
    };
    let member = search("(member={{dn}})");
    assert_eq!(
        groups(&member, "anna", "annas-password"),
        ["cn=admins", "cn=writers"]
    );
    // A name with a comma, brackets and a star in it.
    assert_eq!(groups(&member, "carol", "carols-password"), ["cn=writers"]);
    assert_eq!(
        groups(&search("(uniqueMember={{dn}})"), "ben", "bens-password"),
        ["cn=unique"]
    );
    assert_eq!(
        groups(&search("(memberUid={{username}})"), "BEN", "bens-password"),
        ["cn=posix"]
    );
    let both = search("(|(member={{dn}})(memberUid={{username}}))");
    assert_eq!(
        groups(&both, "carol", "carols-password"),
        ["cn=posix", "cn=writers"]
    );
}

#[test]
fn who_leaves_a_group_is_out_of_it_at_the_next_login() {
    let slapd = Slapd::start();
    let login = Login::at(&slapd, &[("ldap.admin_group", "admins")]);
    assert_eq!(
        login.log_in("anna", "annas-password").in_as().admin,
        Some(true)
    );
    slapd.modify(&format!(
        "dn: cn=admins,{GROUPS}\nchangetype: modify\nadd: member\nmember: uid=ben,ou=people,dc=example,dc=org\n-\n\
         delete: member\nmember: uid=anna,ou=people,dc=example,dc=org\n"
    ));
    let anna = login.log_in("anna", "annas-password").in_as();
    assert_eq!(anna.admin, Some(false));
    assert_eq!(anna.groups, [format!("cn=writers,{GROUPS}")]);
    assert_eq!(
        login.log_in("ben", "bens-password").in_as().admin,
        Some(true)
    );
}
