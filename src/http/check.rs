//! `/auth/check`: what reverse proxies ask before they let a request through to an application.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Query;
use serde::Deserialize;

use super::person::Known;
use super::problem::Problem;
use crate::service::{Me, PersonalScope};

/// Groups that are longer are left out: nginx takes 4 KiB of headers by default, and refuses the request past that.
const MAX_GROUPS_BYTES: usize = 4 * 1024;

/// What the application wants.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    role: Option<String>,
}

/// `GET /auth/check`: 200 with who it is, 401, or with `?role=` 403.
pub(super) async fn check(
    Known(me): Known,
    asked: Result<Query<Asked>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    if !me.may(PersonalScope::Check) {
        return Err(Problem::Forbidden("The token lacks the scope check."));
    }
    let Ok(Query(Asked { role })) = asked else {
        return Err(Problem::Forbidden("Ask for one role: ?role=admin."));
    };
    if role.is_some_and(|role| !me.roles.contains(&role)) {
        return Err(Problem::Forbidden("You have not the role that this needs."));
    }
    Ok(let_through(&me))
}

fn let_through(me: &Me) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    for (name, value) in headers(me) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.insert_header((HeaderName::from_static(name), value));
        }
    }
    answer.finish()
}

fn headers(me: &Me) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("remote-user", encoded(&me.user_name)),
        (
            "remote-email",
            encoded(me.email.as_deref().unwrap_or_default()),
        ),
        ("remote-name", encoded(&me.name)),
        ("remote-roles", list(&me.roles)),
    ];
    let groups = list(&me.groups);
    if groups.len() <= MAX_GROUPS_BYTES {
        headers.push(("remote-groups", groups));
    } else {
        tracing::warn!(
            user = me.id,
            bytes = groups.len(),
            "Remote-Groups was left out: it is too long"
        );
    }
    headers
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| encoded(value)).collect();
    values.join(",")
}

/// A value in which neither a comma nor the end of a header can be hidden: commas, `%`, controls and all that is not
/// ASCII are percent-encoded.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_control() || !byte.is_ascii() || byte == b',' || byte == b'%' {
            let _ = write!(text, "%{byte:02X}");
        } else {
            text.push(char::from(byte));
        }
    }
    // A header loses the spaces at its ends.
    let start = text.len() - text.trim_start_matches(' ').len();
    let end = text.len() - text.trim_end_matches(' ').len();
    if start == 0 && end == 0 {
        return text;
    }
    let inner = text.trim_matches(' ').to_owned();
    if inner.is_empty() {
        return "%20".repeat(text.len());
    }
    format!("{}{inner}{}", "%20".repeat(start), "%20".repeat(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_it() {
        for (said, sent) in [
            ("ada", "ada"),
            ("Ada Lovelace", "Ada Lovelace"),
            ("a,b", "a%2Cb"),
            ("100%", "100%25"),
            ("x\r\nRemote-Roles: admin", "x%0D%0ARemote-Roles: admin"),
            ("Zoë", "Zo%C3%AB"),
            (" a ", "%20a%20"),
            ("  ", "%20%20"),
            ("", ""),
        ] {
            assert_eq!(encoded(said), sent, "{said:?}");
        }
        assert_eq!(list(&["a,b".to_owned(), "c".to_owned()]), "a%2Cb,c");
    }
}
