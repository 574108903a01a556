//! `muster token create|list|rotate|revoke`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::table::table;
use super::{Failure, TokenCommand, output};
use crate::config::ProfileName;
use crate::service::{Gateway, TokenInfo, TokenState, Wanted};

pub(super) async fn run(command: &TokenCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        TokenCommand::Create {
            name,
            profile,
            scope,
            expires,
        } => {
            let wanted = Wanted {
                profile: profile.map(ProfileName::as_str),
                scopes: scope.as_deref(),
            };
            let token = gateway
                .create_token(name, wanted, expires.as_duration())
                .await
                .map_err(Failure::new)?;
            output::print(&format!("{token}\n"))
        }
        TokenCommand::List { format } => {
            let tokens = gateway.tokens().await.map_err(Failure::new)?;
            output::print(&if format.json {
                lines(&tokens, gateway)
            } else {
                rows(&tokens, gateway)
            })
        }
        TokenCommand::Rotate {
            name,
            overlap,
            expires,
        } => {
            let (overlap, expires) = (overlap.as_duration(), expires.as_duration());
            let token = gateway
                .rotate_token(name, overlap, expires)
                .await
                .map_err(Failure::new)?;
            output::print(&format!("{token}\n"))
        }
        TokenCommand::Revoke { name, id } => {
            let ended = match id {
                Some(id) => gateway.revoke_token(name, id).await,
                None => gateway.revoke_tokens(name).await,
            };
            let ended = ended.map_err(Failure::new)?;
            output::print(&format!("{ended} revoked\n"))
        }
    }
}

fn rows(tokens: &[TokenInfo], gateway: &Gateway) -> String {
    let now = gateway.clock().now();
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            let state = match token.state(now) {
                TokenState::Ending(left) => format!("ends in {}", days(left)),
                other => name(other).to_owned(),
            };
            let used = token
                .used
                .map_or_else(|| "never".to_owned(), |used| format!("{used:.0}"));
            vec![
                token.connection.clone(),
                token.id.clone(),
                state,
                format!("{:.0}", token.created),
                format!("{:.0}", token.expires),
                used,
            ]
        })
        .collect();
    table(
        &[
            "CONNECTION",
            "ID",
            "STATE",
            "CREATED",
            "EXPIRES",
            "LAST USED",
        ],
        &rows,
    )
}

/// A state as programs read it.
fn name(state: TokenState) -> &'static str {
    match state {
        TokenState::Live => "live",
        TokenState::Ending(_) => "ending",
        TokenState::Expired => "expired",
        TokenState::Revoked => "revoked",
    }
}

/// Days, or the hours of less than one.
fn days(left: SignedDuration) -> String {
    match (left.as_hours() / 24, left.as_hours()) {
        (0, 0) => "less than 1h".to_owned(),
        (0, hours) => format!("{hours}h"),
        (days, _) => format!("{days}d"),
    }
}

fn lines(tokens: &[TokenInfo], gateway: &Gateway) -> String {
    let now = gateway.clock().now();
    let records: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
            json!({
                "connection": token.connection,
                "id": token.id,
                "state": name(token.state(now)),
                "created": token.created.to_string(),
                "expires": token.expires.to_string(),
                "lastUsed": time(token.used),
                "revoked": time(token.revoked),
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(records))
}
