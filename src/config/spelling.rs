//! How settings are spelled in the environment, and which one somebody may have meant.

/// What the variables of the gateway start with.
pub(super) const PREFIX: &str = "MUSTER_";

/// The environment variable of a setting.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replacen('.', "__", 1).to_uppercase())
}

/// Kubernetes tells every container where the services are: one called `muster` is announced as
/// `MUSTER_SERVICE_HOST`, `MUSTER_PORT=tcp://…`, `MUSTER_PORT_80_TCP_ADDR` and so on.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    let is_port = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    matches!(rest, "SERVICE_HOST" | "SERVICE_PORT")
        || rest.starts_with("SERVICE_PORT_")
        || (rest == "PORT" && value.contains("://"))
        || rest.strip_prefix("PORT_").is_some_and(is_port)
}

/// The known name that is most like this one, also when only the section is wrong or missing.
pub(super) fn nearest<'k>(said: &str, known: &'k [String]) -> &'k str {
    let last = |text: &str| {
        text.rsplit(['.', '_'])
            .next()
            .map(str::to_owned)
            .unwrap_or_default()
    };
    let likeness = |name: &String| {
        let whole = strsim::normalized_damerau_levenshtein(said, name);
        let end = strsim::normalized_damerau_levenshtein(&last(said), &last(name));
        whole + end / 4.0
    };
    let best = known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_leads_to_what_was_meant() {
        let known = [
            "server.listen",
            "server.tls_cert",
            "scim.token",
            "scim.page_size",
            "scim.max_results",
            "log.level",
        ];
        let known = known.map(str::to_owned);
        for (said, meant) in [
            ("server.listn", "server.listen"),
            ("listen", "server.listen"),
            ("http.listen", "server.listen"),
            ("scim.pagesize", "scim.page_size"),
            ("scim.max_result", "scim.max_results"),
            ("logging.level", "log.level"),
            ("server.cert", "server.tls_cert"),
        ] {
            assert_eq!(nearest(said, &known), meant, "{said}");
        }
    }

    #[test]
    fn variables_separate_the_section_by_two_underscores() {
        assert_eq!(variable("scim.page_size"), "MUSTER_SCIM__PAGE_SIZE");
    }
}
