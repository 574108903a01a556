//! Where somebody goes on after they logged in: a page of this host, never one of another.

/// Longer ones are nobody's page.
const MAX_BYTES: usize = 2_048;

/// `next` if it is a path on this host and nothing a browser could read as another one (RFC 3986 §4.2).
pub(in crate::http) fn local_path(next: &str) -> Option<&str> {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '\\';
    let is_path = next.starts_with('/') && !next.starts_with("//");
    (is_path && next.len() <= MAX_BYTES && next.chars().all(plain)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_host_are_followed() {
        for local in [
            "/",
            "/user/settings",
            "/a?b=//c&d=https://e",
            "/a#b",
            "/%5cevil",
            "/a//b",
        ] {
            assert_eq!(local_path(local), Some(local));
        }
        for foreign in [
            "",
            "https://evil",
            "http:/evil",
            "//evil",
            "///evil",
            "/\\evil",
            "\\\\evil",
            "/\t/evil",
            "/\n/evil",
            " /evil",
            "javascript:alert(1)",
            "evil",
            "?a",
            "/a\\b",
            "/\u{a0}/evil",
            "data:text/html,x",
        ] {
            assert_eq!(local_path(foreign), None, "{foreign:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(MAX_BYTES))), None);
    }
}
