//! From an entry to an identity: names, addresses, groups, the immutable id.

use ldap3::Scope;

use super::connection::{Connection, Query};
use super::course::{Course, Stop};
use super::dn::{Dn, fold, is_group};
use super::entry::Entry;
use super::turn::Server;
use super::{Refused, group, id, login, template};
use crate::config::{Ldap, LdapGroups};
use crate::login::Identity;

/// The source of every identity from a directory, as there is one directory.
const SOURCE: &str = "ldap";

/// RFC 5321 §4.5.3.1.3.
const MAX_ADDRESS_BYTES: usize = 254;

/// Reads an entry by its name, and the groups of the person.
pub(super) async fn read(
    server: &Server,
    reader: &mut Connection,
    dn: &str,
    typed: &str,
) -> Result<Identity, Stop> {
    let (course, settings) = (&server.course, &server.inner.settings);
    course.begin("ldap.read");
    let naming = naming(settings);
    let attributes = attributes(settings, &naming);
    let query = Query {
        base: dn,
        scope: Scope::Base,
        filter: "(objectClass=*)",
        attributes: &attributes,
        most: 1,
    };
    let found = login::search(course, reader, &query).await?;
    let Some(entry) = found.entries.into_iter().next() else {
        let why = found.note.unwrap_or_else(|| format!("{dn} cannot be read"));
        return Err(course.stop(Refused::Unavailable, "ldap.search", why));
    };
    let (id_attribute, subject) = id::id(&entry, &settings.id_attribute).map_err(|why| {
        let why = format!(
            "{why}: set ldap.id_attribute to one that never changes, or let the account read it"
        );
        course.stop(Refused::Denied, "ldap.id", why)
    })?;
    course.pass(format!("{id_attribute} is {subject}"));
    let login_name = login_name(&entry, &naming, typed);
    let mut identity = names(course, settings, &entry, &login_name);
    identity.subject = subject;
    identity.groups = group::read(server, reader, &entry, &login_name).await?;
    identity.admin = admin(course, settings, &entry, &identity.groups);
    Ok(identity)
}

fn naming(settings: &Ldap) -> Vec<&str> {
    let template = settings
        .user_dn
        .as_deref()
        .unwrap_or(&settings.search_filter);
    let mut names = template::naming_attributes(template);
    if settings.user_dn.is_some() && names.is_empty() {
        names.extend(["sAMAccountName"]);
    }
    names
}

/// Everything that is read, by name: operational attributes come in no other way.
fn attributes<'a>(settings: &'a Ldap, naming: &[&'a str]) -> Vec<&'a str> {
    let mut all: Vec<&str> = [
        &settings.email_attribute,
        &settings.user_name_attribute,
        &settings.given_name_attribute,
        &settings.family_name_attribute,
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
    .collect();
    all.extend(id::attributes(&settings.id_attribute));
    all.extend(settings.admin_attribute.as_deref());
    all.extend(naming);
    all.extend(match settings.groups {
        LdapGroups::Attribute => Some(group::MEMBER_OF),
        LdapGroups::TokenGroups => Some(group::TOKEN_GROUPS),
        LdapGroups::Nested | LdapGroups::Search => None,
    });
    all
}

/// The login name as the directory writes it. What was typed may differ by more than case (Active Directory takes `jose`
/// for `josé`), so nothing may hang on it.
fn login_name(entry: &Entry, naming: &[&str], typed: &str) -> String {
    let values = || naming.iter().flat_map(|name| entry.texts(name));
    let name = values().find(|value| fold(value) == fold(typed));
    if let Some(name) = name.or_else(|| values().next()) {
        return name.to_owned();
    }
    let dn = Dn::parse(&entry.dn);
    let leaf = dn.as_ref().and_then(Dn::leaf_value);
    leaf.unwrap_or(&entry.dn).to_owned()
}

fn names(course: &Course, settings: &Ldap, entry: &Entry, login_name: &str) -> Identity {
    course.begin("ldap.attributes");
    let shown = |what: &str, found: Option<(&str, &str)>, names: &[String]| match found {
        Some((attribute, value)) => course.note(format!("{what} ({attribute}): {value}")),
        None if names.is_empty() => {}
        None => course.note(format!("{what} ({}): none", names.join(", "))),
    };
    let emails = emails(course, settings, entry);
    let given = entry.first(&settings.given_name_attribute);
    shown("given name", given, &settings.given_name_attribute);
    let family = entry.first(&settings.family_name_attribute);
    shown("family name", family, &settings.family_name_attribute);
    let chosen = entry.first(&settings.user_name_attribute);
    let user_name = chosen.map(|(_, value)| value);
    let user_name = user_name
        .or(emails.first().map(String::as_str))
        .unwrap_or(login_name);
    course.pass(format!(
        "login name {login_name:?}, user name {user_name:?}"
    ));
    Identity {
        source: SOURCE.to_owned(),
        user_name: user_name.to_owned(),
        given_name: given.map(|(_, value)| value.to_owned()),
        family_name: family.map(|(_, value)| value.to_owned()),
        emails,
        ..Identity::default()
    }
}

/// The addresses of all attributes that hold some, each once.
fn emails(course: &Course, settings: &Ldap, entry: &Entry) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in &settings.email_attribute {
        for address in entry.texts(name) {
            if !is_address(address) {
                course.note(format!(
                    "{name}: {address:?} is no e-mail address, and not taken"
                ));
            } else if !all.iter().any(|known| fold(known) == fold(address)) {
                course.note(format!("e-mail ({name}): {address}"));
                all.push(address.to_owned());
            }
        }
    }
    if all.is_empty() {
        course.note(format!(
            "e-mail ({}): none",
            settings.email_attribute.join(", ")
        ));
    }
    all
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    text.len() <= MAX_ADDRESS_BYTES
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text
            .chars()
            .any(|char| char.is_whitespace() || char.is_control() || "<>,;\"".contains(char))
}

/// Whether the directory makes an administrator of them; `None` where no setting asks it.
fn admin(course: &Course, settings: &Ldap, entry: &Entry, groups: &[String]) -> Option<bool> {
    course.begin("ldap.admin");
    let attribute = settings
        .admin_attribute
        .as_deref()
        .zip(settings.admin_value.as_deref());
    if attribute.is_none() && settings.admin_group.is_none() {
        return None;
    }
    if let Some((name, wanted)) = attribute
        && entry.texts(name).any(|value| is_value(value, wanted))
    {
        course.pass(format!("administrator, as {name} has the value {wanted:?}"));
        return Some(true);
    }
    if let Some(wanted) = settings.admin_group.as_deref()
        && let Some(group) = groups.iter().find(|group| is_group(wanted, group))
    {
        course.pass(format!("administrator, as a member of {group}"));
        return Some(true);
    }
    let attribute = attribute.map(|(name, wanted)| format!("{name} has not the value {wanted:?}"));
    let group = settings
        .admin_group
        .as_deref()
        .map(|group| format!("no group of theirs is {group:?}"));
    let reasons: Vec<String> = attribute.into_iter().chain(group).collect();
    course.pass(format!("no administrator: {}", reasons.join(", ")));
    Some(false)
}

/// The very value, or the same DN.
fn is_value(value: &str, wanted: &str) -> bool {
    value == wanted || Dn::parse(wanted).is_some_and(|wanted| Dn::parse(value) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_name_is_that_of_the_directory() {
        let entry = Entry::new(
            "cn=Carol Smith,dc=example",
            &[("uid", &[b"carol", b"csmith"])],
        );
        assert_eq!(login_name(&entry, &["uid"], "CSMITH"), "csmith");
        assert_eq!(login_name(&entry, &["uid"], "cárol"), "carol");
        assert_eq!(login_name(&entry, &[], "anything"), "Carol Smith");
    }

    #[test]
    fn only_addresses_are_addresses() {
        assert!(is_address("anna@example.org"));
        for text in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "a b@example.org",
            "a\r\n@b",
            "<a@b>",
            "a@b,c@d",
        ] {
            assert!(!is_address(text), "{text}");
        }
        assert!(!is_address(&format!("{}@example.org", "a".repeat(250))));
    }

    #[test]
    fn a_value_that_is_a_dn_is_compared_as_one() {
        assert!(is_value("admin", "admin"));
        assert!(!is_value("Admin", "admin"));
        assert!(is_value("CN=Admins, DC=example", "cn=admins,dc=example"));
        assert!(!is_value(
            "cn=admins,dc=example,dc=org",
            "cn=admins,dc=example"
        ));
    }
}
