//! Distinguished names (RFC 4514), compared as directories compare them: `CN=Smith\, Carol` is `cn=smith\2c carol`.

/// A name taken apart: its parts from the leaf to the root, each of one or several types with their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dn(Vec<Vec<Part>>);

/// A type and a value, as they were written and as they are compared.
#[derive(Debug, Clone)]
struct Part {
    kind: String,
    value: String,
    folded: String,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        (&self.kind, &self.folded) == (&other.kind, &other.folded)
    }
}

impl Eq for Part {}

impl Dn {
    /// Reads a name; `None` if it is none, or that of the root.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut parts = Vec::new();
        loop {
            let (relative, left) = relative(rest)?;
            parts.push(relative);
            match left {
                None => return Some(Self(parts)),
                Some(left) => rest = left,
            }
        }
    }

    /// The value of the leaf's part of this type.
    pub(super) fn leaf(&self, kind: &str) -> Option<&str> {
        let leaf = self.0.first()?;
        let part = leaf
            .iter()
            .find(|part| part.kind.eq_ignore_ascii_case(kind));
        part.map(|part| part.value.as_str())
    }

    /// The value of the leaf's first part, whatever its type.
    pub(super) fn leaf_value(&self) -> Option<&str> {
        Some(self.0.first()?.first()?.value.as_str())
    }
}

/// One part of the name, up to a comma that is not escaped, and what follows it.
fn relative(text: &str) -> Option<(Vec<Part>, Option<&str>)> {
    let mut rest = text;
    let mut parts = Vec::new();
    loop {
        let (kind, value) = rest.split_once('=')?;
        let (value, end, left) = value_of(value)?;
        parts.push(part(kind, &value)?);
        match end {
            Some('+') => rest = left,
            Some(_) => return Some((sorted(parts), Some(left))),
            None => return Some((sorted(parts), None)),
        }
    }
}

/// Several types in one part have no order.
fn sorted(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by(|a, b| (&a.kind, &a.folded).cmp(&(&b.kind, &b.folded)));
    parts
}

fn part(kind: &str, value: &str) -> Option<Part> {
    let kind = kind.trim().to_ascii_lowercase();
    let is_kind = kind.starts_with(|first: char| first.is_ascii_alphanumeric())
        && kind
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    is_kind.then(|| Part {
        kind,
        value: value.to_owned(),
        folded: fold(value),
    })
}

/// The value at the beginning of `text` without its escapes, what ends it, and what follows.
fn value_of(text: &str) -> Option<(String, Option<char>, &str)> {
    let mut bytes = Vec::new();
    // Blanks before this are part of the value, as they were escaped or quoted.
    let (mut kept, mut quoted) = (0, false);
    let mut chars = text.char_indices();
    let mut ended = (None, "");
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => {
                bytes.push(escaped(text.get(at + 1..)?, &mut chars)?);
                kept = bytes.len();
            }
            '"' => quoted = !quoted,
            ',' | ';' | '+' if !quoted => {
                ended = (Some(char), text.get(at + 1..)?);
                break;
            }
            ' ' if bytes.is_empty() && !quoted => {}
            _ => {
                bytes.extend(char.encode_utf8(&mut [0; 4]).bytes());
                if quoted || char != ' ' {
                    kept = bytes.len();
                }
            }
        }
    }
    bytes.truncate(kept);
    let value = String::from_utf8(bytes).ok()?;
    (!quoted && !value.is_empty()).then_some((value, ended.0, ended.1))
}

/// One byte behind a backslash: two hexadecimal digits, or the character itself.
fn escaped(text: &str, chars: &mut std::str::CharIndices<'_>) -> Option<u8> {
    let hex = text
        .get(..2)
        .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        chars.next();
        chars.next();
        return Some(byte);
    }
    let (_, char) = chars.next()?;
    u8::try_from(char).ok().filter(u8::is_ascii)
}

/// As `caseIgnoreMatch` compares (RFC 4518): no case, and blanks count once.
pub(super) fn fold(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    caseless::default_case_fold_str(&words.join(" "))
}

/// Whether a setting that names a group means this one: the same text, the same DN, or its cn.
pub fn is_group(named: &str, group: &str) -> bool {
    let named_dn = Dn::parse(named);
    if named_dn.is_none() && fold(named) == fold(group) {
        return true;
    }
    let Some(group) = Dn::parse(group) else {
        return false;
    };
    match named_dn {
        Some(named) => named == group,
        None => group.leaf("cn").is_some_and(|cn| fold(cn) == fold(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_directories_do() {
        let same = [
            "cn=Smith\\, (Carol) *,ou=people,dc=example,dc=org",
            "CN=smith\\2C (carol) *, OU=People , DC = example,dc=ORG",
            "cn=\"Smith, (Carol)  *\";ou=people;dc=example;dc=org",
            "cn=\\53mith\\, (Carol) *,ou=people,dc=example,dc=org",
        ];
        for text in same {
            assert_eq!(Dn::parse(text), Dn::parse(same[0]), "{text}");
            assert!(Dn::parse(text).is_some(), "{text}");
        }
        assert_eq!(
            Dn::parse(same[0]).unwrap().leaf("CN"),
            Some("Smith, (Carol) *")
        );
        assert_eq!(Dn::parse("cn=a+uid=b,o=c"), Dn::parse("UID=B + CN=A, O=C"));
        assert_eq!(Dn::parse("cn=K\\c3\\b6ln"), Dn::parse("cn=KÖLN"));
        for text in [
            "cn=Smith,(Carol) *,ou=people,dc=example,dc=org",
            "cn=Smith\\, (Carol) *,ou=people,dc=example",
            "cn=Smith\\, (Carol) * ,ou=people\\,dc=example,dc=org",
            "ou=people,dc=example,dc=org",
        ] {
            assert_ne!(Dn::parse(text), Dn::parse(same[0]), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "",
            "admins",
            "=a",
            "cn=",
            "cn=a,",
            "cn=a\\",
            "cn=\"a",
            "c n=a",
            "cn=a,,dc=b",
            "cn=\\ff",
        ] {
            assert_eq!(Dn::parse(text), None, "{text}");
        }
        assert_eq!(Dn::parse("cn=\\ a\\ ").unwrap().leaf_value(), Some(" a "));
    }

    #[test]
    fn a_group_is_named_by_dn_or_cn() {
        let group = "CN=Muster Admins,OU=Groups,DC=example,DC=org";
        assert!(is_group(
            "cn=muster admins, ou=groups, dc=example, dc=org",
            group
        ));
        assert!(is_group("muster ADMINS", group));
        assert!(is_group("Writers", "writers"));
        assert!(!is_group("cn=muster admins", group));
        assert!(!is_group("Groups", group));
        assert!(!is_group("muster admins", "ou=muster admins,dc=example"));
        assert!(!is_group("cn=admins,dc=example", "admins"));
    }
}
