//! `OVERLEAF_LDAP_…`.

use super::draft::{Draft, Toml};
use super::rule::{Rule, Then, list, take as table};
use super::variables::Variables;

const TABLE: &[Rule] = &[
    Rule {
        name: "LDAP_URL",
        then: Then::List("ldap.url"),
    },
    Rule {
        name: "LDAP_STARTTLS",
        then: Then::Bool("ldap.start_tls"),
    },
    Rule {
        name: "LDAP_TLS",
        then: Then::Bool("ldap.start_tls"),
    },
    Rule {
        name: "LDAP_BIND_DN",
        then: Then::Text("ldap.bind_dn"),
    },
    Rule {
        name: "LDAP_BIND_CREDENTIALS",
        then: Then::Text("ldap.bind_password"),
    },
    Rule {
        name: "LDAP_SEARCH_BASE",
        then: Then::Text("ldap.search_base"),
    },
    Rule {
        name: "LDAP_SEARCH_FILTER",
        then: Then::Text("ldap.search_filter"),
    },
    Rule {
        name: "LDAP_EMAIL_ATT",
        then: Then::Text("ldap.email_attribute"),
    },
    Rule {
        name: "LDAP_NAME_ATT",
        then: Then::Text("ldap.given_name_attribute"),
    },
    Rule {
        name: "LDAP_LAST_NAME_ATT",
        then: Then::Text("ldap.family_name_attribute"),
    },
    Rule {
        name: "LDAP_UPDATE_USER_DETAILS_ON_LOGIN",
        then: Then::Bool("login.update_details"),
    },
    Rule {
        name: "LDAP_IS_ADMIN_ATT",
        then: Then::Text("ldap.admin_attribute"),
    },
    Rule {
        name: "LDAP_IS_ADMIN_ATT_VALUE",
        then: Then::Text("ldap.admin_value"),
    },
    Rule {
        name: "LDAP_PLACEHOLDER",
        then: Then::Needless,
    },
    Rule {
        name: "LDAP_SEARCH_ATTRIBUTES",
        then: Then::Needless,
    },
    Rule {
        name: "LDAP_GROUP_SEARCH_ATTRIBUTES",
        then: Then::Needless,
    },
    Rule {
        name: "LDAP_CACHE",
        then: Then::WarnIf(
            "true",
            "passwords are not cached: whoever is shut out of the directory is shut out at once",
        ),
    },
    Rule {
        name: "LDAP_SEARCH_SCOPE",
        then: Then::WarnIf(
            "one",
            "the whole tree below ldap.search_base is searched: make the base or the filter narrower",
        ),
    },
    Rule {
        name: "LDAP_GROUP_SEARCH_SCOPE",
        then: Then::WarnIf(
            "one",
            "the whole tree below ldap.group_search_base is searched",
        ),
    },
    Rule {
        name: "LDAP_CONTACTS_FILTER",
        then: Then::Warn("contacts are not looked up"),
    },
    Rule {
        name: "LDAP_CONTACTS_ATTRIBUTES",
        then: Then::Warn("contacts are not looked up"),
    },
    Rule {
        name: "LDAP_CONTACTS",
        then: Then::WarnIf("true", "contacts are not looked up"),
    },
    Rule {
        name: "LDAP_TLS_OPTS_REJECT_UNAUTH",
        then: Then::WarnIf(
            "false",
            "the certificate of the directory is always verified: name its authority in ldap.ca_file",
        ),
    },
];

/// Variables that are read by a rule of their own.
const OTHERS: [&str; 7] = [
    "LDAP_BIND_PROPERTY",
    "LDAP_GROUP_DN_PROPERTY",
    "LDAP_GROUP_SEARCH_BASE",
    "LDAP_GROUP_SEARCH_FILTER",
    "LDAP_TIMEOUT",
    "LDAP_CONNECT_TIMEOUT",
    "LDAP_TLS_OPTS_CA_PATH",
];

pub(super) fn take(variables: &mut Variables, draft: &mut Draft, used: bool) {
    if !used {
        if names()
            .into_iter()
            .filter(|name| variables.take(name).is_some())
            .count()
            > 0
        {
            draft.note("login", "OVERLEAF_LDAP_… is set and not in use: left out.");
        }
        return;
    }
    table(variables, draft, "ldap", TABLE);
    for name in ["LDAP_BIND_PROPERTY", "LDAP_GROUP_DN_PROPERTY"] {
        if let Some(property) = variables
            .take(name)
            .filter(|value| !value.eq_ignore_ascii_case("dn"))
        {
            draft.warn(
                "ldap",
                format!("OVERLEAF_{name}={property}: only the DN is used"),
            );
        }
    }
    groups(variables, draft);
    timeout(variables, draft);
    authorities(variables, draft);
}

/// All variables that are read.
pub(super) fn names() -> Vec<&'static str> {
    TABLE.iter().map(|rule| rule.name).chain(OTHERS).collect()
}

fn groups(variables: &mut Variables, draft: &mut Draft) {
    let Some(base) = variables.take("LDAP_GROUP_SEARCH_BASE") else {
        return;
    };
    draft.set("ldap.groups", &Toml::Text("search".to_owned()));
    draft.set("ldap.group_search_base", &Toml::Text(base));
    if let Some(filter) = variables.take("LDAP_GROUP_SEARCH_FILTER") {
        draft.set("ldap.group_search_filter", &Toml::Text(filter));
    }
}

/// One limit for the whole login.
fn timeout(variables: &mut Variables, draft: &mut Draft) {
    let mut millis = |name: &str| {
        variables
            .take(name)
            .and_then(|value| value.trim().parse::<u64>().ok())
    };
    let (operation, connect) = (millis("LDAP_TIMEOUT"), millis("LDAP_CONNECT_TIMEOUT"));
    match operation.into_iter().chain(connect).max() {
        Some(millis) => {
            draft.set("ldap.timeout", &Toml::Text(format!("{}s", millis.div_ceil(1_000).max(1))));
        }
        None => draft.warn("ldap", "a login waits for the directory for 5 s in all (Overleaf: for ever); ldap.timeout changes it".to_owned()),
    }
}

fn authorities(variables: &mut Variables, draft: &mut Draft) {
    let files = variables.take("LDAP_TLS_OPTS_CA_PATH");
    let files = files.map(|files| list(&files)).unwrap_or_default();
    if let Some(first) = files.first() {
        draft.set("ldap.ca_file", &Toml::Text(first.clone()));
    }
    if files.len() > 1 {
        draft.warn(
            "ldap",
            format!(
                "OVERLEAF_LDAP_TLS_OPTS_CA_PATH names {} files: put their certificates into one",
                files.len()
            ),
        );
    }
}
