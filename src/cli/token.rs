//! `muster token create|list|revoke`.

use serde_json::{Value, json};

use super::table::table;
use super::{Failure, TokenCommand, output};
use crate::config::ProfileName;
use crate::service::{Gateway, TokenInfo};

pub(super) async fn run(command: &TokenCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        TokenCommand::Create {
            name,
            profile,
            expires,
        } => {
            let profile = profile.map(ProfileName::as_str);
            let token = gateway
                .create_token(name, profile, expires.as_duration())
                .await
                .map_err(Failure::new)?;
            output::print(&format!("{token}\n"))
        }
        TokenCommand::List { format } => {
            let tokens = gateway.tokens().await.map_err(Failure::new)?;
            output::print(&if format.json {
                lines(&tokens)
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
        TokenCommand::Revoke { name } => {
            let ended = gateway.revoke_tokens(name).await.map_err(Failure::new)?;
            output::print(&format!("{ended} revoked\n"))
        }
    }
}

fn rows(tokens: &[TokenInfo], gateway: &Gateway) -> String {
    let now = gateway.clock().now();
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            let state = match token.revoked {
                Some(_) => "revoked",
                None if token.expires <= now => "expired",
                None => "live",
            };
            let used = token
                .used
                .map_or_else(|| "never".to_owned(), |used| format!("{used:.0}"));
            vec![
                token.connection.clone(),
                token.id.clone(),
                state.to_owned(),
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

fn lines(tokens: &[TokenInfo]) -> String {
    let records: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
            json!({
                "connection": token.connection,
                "id": token.id,
                "created": token.created.to_string(),
                "expires": token.expires.to_string(),
                "lastUsed": time(token.used),
                "revoked": time(token.revoked),
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(records))
}
