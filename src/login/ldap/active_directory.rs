//! What only Active Directory says and has: why a bind failed, and security identifiers.

/// Why a bind failed, in the words of Active Directory (the `data` in its text), for administrators only: to the person
/// it would tell which accounts there are.
pub(super) fn reason(text: &str) -> Option<&'static str> {
    let (_, code) = text.split_once("data ")?;
    let code = code.split(|end: char| !end.is_ascii_hexdigit()).next()?;
    match code.to_ascii_lowercase().as_str() {
        "525" => Some("no such account"),
        "52e" => Some("wrong password"),
        "52f" => Some("restricted account"),
        "530" => Some("not at this hour"),
        "531" => Some("not from this machine"),
        "532" => Some("password expired"),
        "533" => Some("account disabled"),
        "568" => Some("in too many groups"),
        "701" => Some("account expired"),
        "773" => Some("must change the password first"),
        "775" => Some("account locked"),
        _ => None,
    }
}

/// A security identifier as it is written: `S-1-5-21-…-513` ([MS-DTYP] 2.4.2).
pub(super) fn sid(bytes: &[u8]) -> Option<String> {
    let (&[1, count], rest) = bytes.split_first_chunk::<2>()? else {
        return None;
    };
    let (authority, parts) = rest.split_first_chunk::<6>()?;
    let authority = authority
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let (parts, []) = parts.as_chunks::<4>() else {
        return None;
    };
    if parts.len() != usize::from(count) {
        return None;
    }
    let parts = parts.iter().map(|part| u32::from_le_bytes(*part));
    let parts: Vec<String> = parts.map(|part| format!("-{part}")).collect();
    Some(format!("S-1-{authority}{}", parts.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_told_in_words() {
        let text = |code| {
            format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}, v1db1"
            )
        };
        assert_eq!(reason(&text("52e")), Some("wrong password"));
        assert_eq!(reason(&text("52E")), Some("wrong password"));
        assert_eq!(reason(&text("773")), Some("must change the password first"));
        assert_eq!(reason(&text("9999")), None);
        assert_eq!(reason(""), None);
    }

    #[test]
    fn a_sid_is_read() {
        let users = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 33, 2, 0, 0];
        assert_eq!(sid(&users).as_deref(), Some("S-1-5-32-545"));
        for wrong in [
            &users[..15],
            &users[..4],
            &[],
            &[1, 3, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0],
        ] {
            assert_eq!(sid(wrong), None);
        }
    }
}
