//! Variables that are not about one method: which method it is, the site, sessions, retention, mail.

use super::draft::{Draft, Toml};
use super::rule::{Rule, Then, is_true, take as table};
use super::variables::Variables;

/// How people log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Local,
    Saml,
    Ldap,
}

const DAY_MS: u64 = 86_400_000;
/// The usual `login.session_lifetime`, in milliseconds.
const LIFETIME_MS: u64 = 7 * DAY_MS;

const TABLE: &[Rule] = &[
    Rule {
        name: "SITE_URL",
        then: Then::Text("server.public_url"),
    },
    Rule {
        name: "TRUSTED_PROXY_IPS",
        then: Then::List("server.trusted_proxies"),
    },
    Rule {
        name: "SECURE_COOKIE",
        then: Then::WarnIf(
            "false",
            "cookies are Secure exactly when server.public_url is https",
        ),
    },
    Rule {
        name: "SESSION_SECRET",
        then: Then::Needless,
    },
    Rule {
        name: "COOKIE_NAME",
        then: Then::Needless,
    },
    Rule {
        name: "ADMIN_EMAIL",
        then: Then::Needless,
    },
    Rule {
        name: "PASSWORD_VALIDATION_PATTERN",
        then: Then::Warn(
            "there are no rules of composition; passwords have 8 to 256 characters and are none of the common ones",
        ),
    },
    Rule {
        name: "PASSWORD_VALIDATION_MIN_LENGTH",
        then: Then::Warn(
            "passwords have at least 8 characters, and none of the common ones is taken",
        ),
    },
    Rule {
        name: "PASSWORD_VALIDATION_MAX_LENGTH",
        then: Then::Warn("passwords have at most 256 characters"),
    },
];

/// The method in use: what `EXTERNAL_AUTH` says, or what is configured.
pub(super) fn method(variables: &mut Variables) -> Result<Method, String> {
    match variables.take("EXTERNAL_AUTH").as_deref() {
        Some("none") => Ok(Method::Local),
        Some("saml") => Ok(Method::Saml),
        Some("ldap") => Ok(Method::Ldap),
        Some(other) => Err(format!(
            "EXTERNAL_AUTH={other} is none of none, saml and ldap; exactly one method is used at a time"
        )),
        None if variables.has("SAML_ENTRYPOINT") => Ok(Method::Saml),
        None if variables.has("LDAP_URL") => Ok(Method::Ldap),
        None => Ok(Method::Local),
    }
}

pub(super) fn take(variables: &mut Variables, draft: &mut Draft, method: Method) {
    let name = match method {
        Method::Local => "local",
        Method::Saml => "saml",
        Method::Ldap => "ldap",
    };
    draft.set("login.method", &Toml::Text(name.to_owned()));
    if method == Method::Local {
        draft.note("login", "People set a password anew, by the URL that `muster user create` prints: hashes are not taken over.");
    }
    table(variables, draft, "server", TABLE);
    draft.note(
        "server",
        "public_url is the address of the gateway itself: mend it if that is not the one of Overleaf.",
    );
    sessions(variables, draft);
    retention(variables, draft);
    mail(variables, draft);
}

/// Overleaf's sessions end when they are not used for so long; ours end after `login.session_lifetime` all the same.
fn sessions(variables: &mut Variables, draft: &mut Draft) {
    let Some(length) = variables.take("COOKIE_SESSION_LENGTH") else {
        draft.warn("login", "sessions end after 12 h without use (Overleaf: 5 days): set login.session_idle if that is too soon".to_owned());
        return;
    };
    let Ok(millis) = length.trim().parse::<u64>() else {
        draft.warn(
            "login",
            format!(
                "OVERLEAF_COOKIE_SESSION_LENGTH={length} is no number of milliseconds: left out"
            ),
        );
        return;
    };
    let seconds = |millis: u64| Toml::Text(format!("{}s", (millis / 1_000).max(60)));
    draft.set("login.session_idle", &seconds(millis));
    if millis > LIFETIME_MS {
        draft.set("login.session_lifetime", &seconds(millis));
    }
}

fn retention(variables: &mut Variables, draft: &mut Draft) {
    let delay = variables.take("USER_HARD_DELETION_DELAY");
    if !variables
        .take("ENABLE_CRON_RESOURCE_DELETION")
        .is_some_and(|value| is_true(&value))
    {
        draft.note("retention", "Deleted users are kept until `muster user purge`, as without ENABLE_CRON_RESOURCE_DELETION.");
        return;
    }
    draft.set("retention.purge", &Toml::Bool(true));
    let days = delay.and_then(|millis| millis.trim().parse::<u64>().ok());
    draft.set(
        "retention.days",
        &Toml::Number(days.map_or(90, |millis| millis.div_ceil(DAY_MS))),
    );
}

/// The gateway sends no mail yet: links are shown.
fn mail(variables: &mut Variables, draft: &mut Draft) {
    let names = [
        "EMAIL_FROM_ADDRESS",
        "EMAIL_SMTP_HOST",
        "EMAIL_SMTP_PORT",
        "EMAIL_SMTP_SECURE",
        "EMAIL_SMTP_USER",
        "EMAIL_SMTP_PASS",
        "EMAIL_SMTP_TLS_REJECT_UNAUTH",
        "EMAIL_SMTP_IGNORE_TLS",
        "EMAIL_SMTP_NAME",
        "EMAIL_SMTP_LOGGER",
        "EMAIL_REPLY_TO",
        "EMAIL_AWS_SES_ACCESS_KEY_ID",
        "EMAIL_AWS_SES_SECRET_KEY",
    ];
    let taken = names
        .iter()
        .filter(|name| variables.take(name).is_some())
        .count();
    if taken > 0 {
        draft.warn("login", "mail is not sent: set-password URLs are shown to whoever asks for them, to be passed on".to_owned());
    }
}
