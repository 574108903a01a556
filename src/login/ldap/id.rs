//! The id by which a directory knows somebody for ever.

use super::entry::Entry;
use crate::config::AUTO;

/// Those of OpenLDAP and 389, of Active Directory, of 389: an entry has one, or the first counts.
const USUAL: [&str; 3] = ["entryUUID", "objectGUID", "nsUniqueId"];

/// The attributes to ask for.
pub(super) fn attributes(setting: &str) -> Vec<&str> {
    if setting == AUTO {
        return USUAL.to_vec();
    }
    vec![setting]
}

/// The name of the attribute and the id, or why there is none.
pub(super) fn id(entry: &Entry, setting: &str) -> Result<(String, String), String> {
    let names = attributes(setting);
    for name in &names {
        match entry.bytes(name) {
            [] => {}
            [only] => {
                let id = written(name, only).ok_or_else(|| format!("{name} is empty"))?;
                return Ok(((*name).to_owned(), id));
            }
            several => {
                return Err(format!(
                    "{name} has {} values, so none of them is the id",
                    several.len()
                ));
            }
        }
    }
    Err(format!("the entry shows none of {}", names.join(", ")))
}

/// Text as it is, the id of Active Directory as people know it, other bytes in hexadecimal digits.
fn written(name: &str, value: &[u8]) -> Option<String> {
    if name.eq_ignore_ascii_case("objectGUID")
        && let Ok(bytes) = <[u8; 16]>::try_from(value)
    {
        return Some(uuid::Uuid::from_bytes_le(bytes).to_string());
    }
    let text = std::str::from_utf8(value).ok();
    if let Some(text) = text.filter(|text| !text.chars().any(char::is_control)) {
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    let digits: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(digits.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guid_of_active_directory_is_written_as_its_tools_write_it() {
        let bytes: Vec<u8> = (0..16).collect();
        let entry = Entry::new("cn=a", &[("objectGUID", &[&bytes])]);
        let expected = (
            "objectGUID".to_owned(),
            "03020100-0504-0706-0809-0a0b0c0d0e0f".to_owned(),
        );
        assert_eq!(id(&entry, "auto"), Ok(expected));
        // One that happens to be text is no other one.
        let entry = Entry::new("cn=a", &[("objectguid", &[b"0123456789abcdef"])]);
        assert_eq!(
            id(&entry, "auto").unwrap().1,
            "33323130-3534-3736-3839-616263646566"
        );
    }

    #[test]
    fn there_is_one_id_or_none() {
        let entry = Entry::new(
            "cn=a",
            &[
                ("nsUniqueId", &[b"a-b"]),
                ("entryUUID", &[b"c-d"]),
                ("uid", &[b"x", b"y"]),
            ],
        );
        assert_eq!(id(&entry, "auto").unwrap().1, "c-d");
        assert_eq!(id(&entry, "nsuniqueid").unwrap().1, "a-b");
        assert_eq!(
            id(&entry, "uid").unwrap_err(),
            "uid has 2 values, so none of them is the id"
        );
        assert_eq!(
            id(&entry, "employeeNumber").unwrap_err(),
            "the entry shows none of employeeNumber"
        );
        let entry = Entry::new("cn=a", &[("uid", &[b" "]), ("key", &[&[0xff, 0]])]);
        assert_eq!(id(&entry, "uid").unwrap_err(), "uid is empty");
        assert_eq!(id(&entry, "key").unwrap().1, "ff00");
    }
}
