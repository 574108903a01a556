//! Names and filters with a place for what somebody typed, who can say nothing else with it.

use ldap3::ldap_escape;

use super::dn::Dn;
use crate::config::{DN, USERNAME};

/// A filter with `{{username}}` and `{{dn}}` filled in (RFC 4515 §3: what has a meaning there is escaped).
pub(super) fn filter(template: &str, username: &str, dn: &str) -> String {
    // In one pass, so that a name that looks like the other placeholder stays what it is.
    template
        .split(USERNAME)
        .map(|part| part.replace(DN, &ldap_escape(dn)))
        .collect::<Vec<_>>()
        .join(&ldap_escape(username))
}

/// `(attribute=value)`.
pub(super) fn equals(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap_escape(value))
}

/// A value of any bytes in a filter.
pub(super) fn bytes(value: &[u8]) -> String {
    let escaped: Vec<String> = value.iter().map(|byte| format!("\\{byte:02x}")).collect();
    escaped.concat()
}

/// The name somebody binds with.
pub(super) fn bind_name(template: &str, username: &str) -> Option<String> {
    if is_dn(template) {
        return Some(template.replace(USERNAME, &escape_rdn(username)));
    }
    // Such as {{username}}@example.org: another domain in what was typed would lead elsewhere.
    let leads_elsewhere = username.contains(['@', '\\', '/', ':', '"']);
    (!leads_elsewhere).then(|| template.replace(USERNAME, username))
}

/// Whether a template is a DN; what else there is only Active Directory understands.
pub(super) fn is_dn(template: &str) -> bool {
    Dn::parse(&template.replace(USERNAME, "x")).is_some()
}

/// A value in a DN (RFC 4514 §2.4), Active Directory's inner `#` too.
fn escape_rdn(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let escape = |(at, char): (usize, char)| match char {
        '"' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' | '#' | '/' => hex(char),
        ' ' if at == 0 || at == last => hex(char),
        control if control.is_control() => hex(control),
        other => other.to_string(),
    };
    value.chars().enumerate().map(escape).collect()
}

fn hex(char: char) -> String {
    bytes(char.encode_utf8(&mut [0; 4]).as_bytes())
}

/// The attributes that a filter or a DN compares with the login name: `uid` in `(uid={{username}})`.
pub(super) fn naming_attributes(template: &str) -> Vec<&str> {
    let before = template.split(USERNAME);
    // What stands before the last place is all but what stands behind it.
    let places = template.matches(USERNAME).count();
    before
        .take(places)
        .filter_map(|part| {
            let name = part.strip_suffix('=')?;
            let start = name.rfind(['(', ',', '+', ' ']).map_or(0, |at| at + 1);
            name.get(start..).filter(|name| !name.is_empty())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_nothing_but_itself_in_a_filter() {
        let filled = |name| filter("(&(objectClass=person)(uid={{username}}))", name, "");
        assert_eq!(filled("anna"), "(&(objectClass=person)(uid=anna))");
        assert_eq!(
            filled("*)(uid=*"),
            "(&(objectClass=person)(uid=\\2a\\29\\28uid=\\2a))"
        );
        assert_eq!(filled("a\\b\0"), "(&(objectClass=person)(uid=a\\5cb\\00))");
        assert!(ldap3::parse_filter(filled("*)(|(a=*)\\")).is_ok());
        let both = filter(
            "(|(member={{dn}})(memberUid={{username}}))",
            "{{dn}}",
            "cn=Smith\\, (Carol) *",
        );
        assert_eq!(
            both,
            "(|(member=cn=Smith\\5c, \\28Carol\\29 \\2a)(memberUid={{dn}}))"
        );
        let both = filter(
            "(|(member={{dn}})(memberUid={{username}}))",
            "carol",
            "cn={{username}}",
        );
        assert_eq!(both, "(|(member=cn={{username}})(memberUid=carol))");
    }

    #[test]
    fn a_name_is_one_value_in_a_dn() {
        let filled = |name| bind_name("uid={{username}},ou=people,dc=example", name).unwrap();
        assert_eq!(filled("anna"), "uid=anna,ou=people,dc=example");
        assert_eq!(
            filled("a,ou=admins"),
            "uid=a\\2cou\\3dadmins,ou=people,dc=example"
        );
        assert_eq!(
            filled(" #a#b "),
            "uid=\\20\\23a\\23b\\20,ou=people,dc=example"
        );
        for name in [
            "a,ou=admins",
            "a+cn=b",
            "a\\",
            "\"a",
            "a;b",
            " a ",
            "#00",
            "<a>",
            "a\r\nb",
            "ö",
        ] {
            let dn = Dn::parse(&filled(name)).unwrap();
            assert_eq!(dn.leaf("uid"), Some(name));
        }
    }

    #[test]
    fn a_name_of_active_directory_stays_in_its_domain() {
        let filled = |name| bind_name("{{username}}@example.org", name);
        assert_eq!(filled("anna").as_deref(), Some("anna@example.org"));
        for name in ["anna@evil.org", "evil\\anna", "a/b"] {
            assert_eq!(filled(name), None, "{name}");
        }
    }

    #[test]
    fn the_attributes_that_hold_the_login_name_are_known() {
        assert_eq!(naming_attributes("(uid={{username}})"), ["uid"]);
        assert_eq!(
            naming_attributes(
                "(&(objectClass=user)(|(mail={{username}})(sAMAccountName={{username}})))"
            ),
            ["mail", "sAMAccountName"]
        );
        assert_eq!(
            naming_attributes("cn=x+uid={{username}},ou=people"),
            ["uid"]
        );
        assert!(naming_attributes("{{username}}@example.org").is_empty());
    }
}
