//! The settings of a directory, and the rules between them.

use std::path::PathBuf;

use crate::config::LdapGroups;
use crate::config::LdapUrl;
use crate::config::Period;
use crate::config::Secret;
use crate::config::layers::Key;
use crate::config::reader::Reader;
use crate::config::reader::section;
use crate::config::value::Setting;

section! {
    /// The directory that people log in with.
    Ldap "ldap" {
        /// Its servers, tried in turn.
        url: Vec<LdapUrl>,
        /// Whether a plain connection is secured before anything is said.
        start_tls: bool,
        /// The certificates that are trusted, PEM; `None`: those of the system.
        ca_file: Option<PathBuf>,
        /// The account that searches; `None`: nobody.
        bind_dn: Option<String>,
        /// Its password; set if and only if `bind_dn` is.
        bind_password: Option<Secret>,
        /// Below which entry people are; set if and only if `user_dn` is not.
        search_base: Option<String>,
        /// What finds a person there.
        search_filter: String,
        /// The name that people bind with.
        user_dn: Option<String>,
        /// Where the e-mail addresses are, in this order.
        email_attribute: Vec<String>,
        /// Where the user name is; empty: the address, without one the login name.
        user_name_attribute: Vec<String>,
        /// Where the given name is.
        given_name_attribute: Vec<String>,
        /// Where the family name is.
        family_name_attribute: Vec<String>,
        /// Where the id is that never changes.
        id_attribute: String,
        /// How groups are found.
        groups: LdapGroups,
        /// Below which entry groups are.
        group_search_base: Option<String>,
        /// What finds the groups of a person there.
        group_search_filter: String,
        /// The attribute that makes an administrator.
        admin_attribute: Option<String>,
        /// With this value.
        admin_value: Option<String>,
        /// The group that makes an administrator, by DN or cn.
        admin_group: Option<String>,
        /// How long a login may take.
        timeout: Period where MIN_TIMEOUT..=MAX_TIMEOUT,
    }
}

/// Less than a second is less than a TLS handshake with a busy server may take.
const MIN_TIMEOUT: Period = Period::seconds(1);
/// Nobody waits longer than a minute for a page.
const MAX_TIMEOUT: Period = Period::seconds(60);

/// Where the login name is put in.
pub(crate) const USERNAME: &str = "{{username}}";
/// Where the DN of the person is put in.
pub(crate) const DN: &str = "{{dn}}";
/// The `id_attribute` that stands for those of the usual directories.
pub(crate) const AUTO: &str = "auto";

/// The rules between settings, once a directory is named at all.
pub(super) fn check(ldap: &Ldap, reader: &mut Reader) {
    if ldap.url.is_empty() {
        return;
    }
    check_connection(ldap, reader);
    check_person(ldap, reader);
    check_names(ldap, reader);
    check_groups(ldap, reader);
}

fn check_connection(ldap: &Ldap, reader: &mut Reader) {
    if ldap.start_tls && ldap.url.iter().any(LdapUrl::is_tls) {
        let why =
            "is for ldap:// URLs; ldaps:// is secured from the first byte on: take one of the two";
        reader.refuse("ldap.start_tls", &["ldap.url"], why);
    }
    if ldap.ca_file.is_some() && !ldap.start_tls && !ldap.url.iter().any(LdapUrl::is_tls) {
        let why = "is asked by nothing, as the connection is not secured: set ldap.start_tls, or take ldaps://";
        reader.refuse("ldap.ca_file", &["ldap.url", "ldap.start_tls"], why);
    }
    match (&ldap.bind_dn, &ldap.bind_password) {
        (Some(_), None) => reader.refuse(
            "ldap.bind_dn",
            &["ldap.bind_password"],
            "needs a password: a directory may take a name without one for nobody, and answer success; set ldap.bind_password",
        ),
        (None, Some(_)) => reader.refuse(
            "ldap.bind_password",
            &["ldap.bind_dn"],
            "needs the account it belongs to: set ldap.bind_dn",
        ),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn check_person(ldap: &Ldap, reader: &mut Reader) {
    match (&ldap.search_base, &ldap.user_dn) {
        (Some(_), Some(_)) => reader.refuse(
            "ldap.user_dn",
            &["ldap.search_base"],
            "stands against ldap.search_base: people are searched for, or bind with a name made of theirs; take one of the two",
        ),
        (None, None) => reader.refuse(
            "ldap.search_base",
            &["ldap.user_dn"],
            "must be set, such as ou=people,dc=example,dc=org, or ldap.user_dn instead",
        ),
        (Some(_), None) => check_filter("ldap.search_filter", &ldap.search_filter, &[USERNAME], reader),
        (None, Some(template)) => {
            if !template.contains(USERNAME) {
                let why = format!("must say where the name is put in, such as uid={USERNAME},ou=people,dc=example,dc=org");
                reader.refuse("ldap.user_dn", &[], why);
            }
        }
    }
}

fn check_names(ldap: &Ldap, reader: &mut Reader) {
    let lists = [
        ("ldap.email_attribute", &ldap.email_attribute),
        ("ldap.user_name_attribute", &ldap.user_name_attribute),
        ("ldap.given_name_attribute", &ldap.given_name_attribute),
        ("ldap.family_name_attribute", &ldap.family_name_attribute),
    ];
    let lists = lists
        .into_iter()
        .flat_map(|(key, names)| names.iter().map(move |name| (key, name)));
    let single = [
        ("ldap.id_attribute", Some(&ldap.id_attribute)),
        ("ldap.admin_attribute", ldap.admin_attribute.as_ref()),
    ];
    let single = single
        .into_iter()
        .filter_map(|(key, name)| Some((key, name?)));
    for (key, name) in lists.chain(single) {
        if !is_attribute(name) {
            let why = format!(
                "{name:?} is no name of an attribute, such as mail or msDS-cloudExtensionAttribute1"
            );
            reader.refuse(key, &[], why);
        }
    }
}

fn check_groups(ldap: &Ldap, reader: &mut Reader) {
    if ldap.groups == LdapGroups::Search {
        if ldap.group_search_base.is_none() {
            let why =
                "must be set with ldap.groups = \"search\", such as ou=groups,dc=example,dc=org";
            reader.refuse("ldap.group_search_base", &["ldap.groups"], why);
        }
        check_filter(
            "ldap.group_search_filter",
            &ldap.group_search_filter,
            &[DN, USERNAME],
            reader,
        );
    }
    let why = "only together: set ldap.admin_attribute and ldap.admin_value, or neither";
    match (&ldap.admin_attribute, &ldap.admin_value) {
        (Some(_), None) => reader.refuse("ldap.admin_attribute", &["ldap.admin_value"], why),
        (None, Some(_)) => reader.refuse("ldap.admin_value", &["ldap.admin_attribute"], why),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

/// A filter must be one, whatever name is put in, and ask for that name.
fn check_filter(key: &'static str, filter: &str, names: &[&str], reader: &mut Reader) {
    if !names.iter().any(|name| filter.contains(name)) {
        let why = format!("must say where the name is put in: {}", names.join(" or "));
        reader.refuse(key, &[], why);
        return;
    }
    let filled = names
        .iter()
        .fold(filter.to_owned(), |text, name| text.replace(name, "x"));
    if ldap3::parse_filter(&filled).is_err() {
        let why = format!(
            "{filter:?} is no LDAP filter (RFC 4515), such as (&(objectClass=person)(uid={USERNAME}))"
        );
        reader.refuse(key, &[], why);
    }
}

/// RFC 4512 §2.5: a descriptor or a numeric OID, with options.
fn is_attribute(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.;_".contains(&b))
}

/// What is allowed but unwise.
pub(super) fn warnings(ldap: &Ldap) -> Vec<String> {
    let exposed = |url: &&LdapUrl| !url.is_tls() && !ldap.start_tls && !url.is_loopback();
    let exposed = ldap.url.iter().find(exposed).map(|url| {
        format!(
            "ldap.url: passwords travel unprotected to {url}: set ldap.start_tls, or take ldaps://"
        )
    });
    exposed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::config::File;
    use crate::config::Readers;
    use crate::config::Settings;
    use crate::config::Sources;

    fn faults(section: &str) -> String {
        let text = format!("[ldap]\nurl = ['ldaps://dc1.example.org']\n{section}");
        let file = Some(File {
            name: "muster.toml".into(),
            text,
            readers: Readers::Owner,
        });
        let loaded = Settings::load(Sources {
            flags: vec![],
            environment: vec![],
            file,
            read_secret: &|_| Err(String::new()),
        });
        loaded.map_or_else(
            |faults| faults.to_string(),
            |settings| settings.warnings().join("\n"),
        )
    }

    #[test]
    fn people_are_searched_for_or_bind_with_a_name_made_of_theirs() {
        assert_eq!(faults("search_base = 'dc=example,dc=org'"), "");
        assert_eq!(faults("user_dn = '{{username}}@example.org'"), "");
        insta::assert_snapshot!(faults(""), @"ldap.search_base: must be set, such as ou=people,dc=example,dc=org, or ldap.user_dn instead");
        insta::assert_snapshot!(faults("search_base = 'dc=a'\nuser_dn = 'uid={{username}},dc=a'"), @"ldap.user_dn (muster.toml:4): stands against ldap.search_base: people are searched for, or bind with a name made of theirs; take one of the two");
        insta::assert_snapshot!(faults("user_dn = 'uid=anna,dc=a'"), @"ldap.user_dn (muster.toml:3): must say where the name is put in, such as uid={{username}},ou=people,dc=example,dc=org");
        insta::assert_snapshot!(faults("search_base = 'dc=a'\nsearch_filter = '(uid=anna)'"), @"ldap.search_filter (muster.toml:4): must say where the name is put in: {{username}}");
        insta::assert_snapshot!(faults("search_base = 'dc=a'\nsearch_filter = '(&(uid={{username}})'"), @r#"ldap.search_filter (muster.toml:4): "(&(uid={{username}})" is no LDAP filter (RFC 4515), such as (&(objectClass=person)(uid={{username}}))"#);
    }

    #[test]
    fn an_account_has_a_password() {
        let base = "search_base = 'dc=a'\nbind_dn = 'cn=muster,dc=a'\n";
        insta::assert_snapshot!(faults(base), @"ldap.bind_dn (muster.toml:4): needs a password: a directory may take a name without one for nobody, and answer success; set ldap.bind_password");
        insta::assert_snapshot!(faults(&format!("{base}bind_password = ''")), @"ldap.bind_password (muster.toml:5): is empty: leave it out or give it a value");
        insta::assert_snapshot!(faults("search_base = 'dc=a'\nbind_password = 'swordfish'"), @"ldap.bind_password (muster.toml:4): needs the account it belongs to: set ldap.bind_dn");
    }

    #[test]
    fn what_belongs_together_is_set_together() {
        insta::assert_snapshot!(faults("search_base = 'dc=a'\nstart_tls = true\ngroups = 'search'\nadmin_attribute = 'title'\nid_attribute = 'a b'\ntimeout = '2m'"), @r#"
        ldap.timeout (muster.toml:8): 2m is not between 1s and 1m
        ldap.start_tls (muster.toml:4): is for ldap:// URLs; ldaps:// is secured from the first byte on: take one of the two
        ldap.id_attribute (muster.toml:7): "a b" is no name of an attribute, such as mail or msDS-cloudExtensionAttribute1
        ldap.group_search_base: must be set with ldap.groups = "search", such as ou=groups,dc=example,dc=org
        ldap.admin_attribute (muster.toml:6): only together: set ldap.admin_attribute and ldap.admin_value, or neither
        "#);
    }

    #[test]
    fn passwords_in_clear_are_warned_of() {
        let plain = |url: &str| {
            let flag = ("ldap.url".to_owned(), url.to_owned());
            let base = ("ldap.search_base".to_owned(), "dc=a".to_owned());
            let loaded = Settings::load(Sources {
                flags: vec![flag, base],
                environment: vec![],
                file: None,
                read_secret: &|_| Err(String::new()),
            });
            loaded.unwrap().warnings().join("\n")
        };
        insta::assert_snapshot!(plain("ldaps://dc1,ldap://dc2"), @"ldap.url: passwords travel unprotected to ldap://dc2:389: set ldap.start_tls, or take ldaps://");
        assert_eq!(plain("ldap://127.0.0.1:1389"), "");
    }
}
