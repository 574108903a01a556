//! Tokens that end soon: seen in time by whoever reads the log, the metrics or the list.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Gateway, Result, TokenInfo};
use crate::clock::is_ahead;

/// How long before the end of a token it is warned of.
const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often that is told to the log.
const WARNED_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Whoever made a token within this time knows when it ends.
const NEW_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It is taken, and will be for more than 30 days.
    Live,
    /// It is taken for so much longer, 30 days at most.
    Ending(SignedDuration),
    /// Its time has passed.
    Expired,
    /// It was revoked.
    Revoked,
}

impl TokenInfo {
    /// How it stands at this time.
    pub fn state(&self, now: Timestamp) -> TokenState {
        let left = self.expires.duration_since(now);
        match self.revoked {
            Some(_) => TokenState::Revoked,
            None if !left.is_positive() => TokenState::Expired,
            None if left <= WARNED_BEFORE => TokenState::Ending(left),
            None => TokenState::Live,
        }
    }
}

/// The warnings of one gateway.
pub struct ExpiryWatch {
    gateway: Gateway,
    /// When the log was last told, as a monotonic reading.
    told_at: Option<Duration>,
}

impl Gateway {
    /// What warns of the tokens that end soon, as long as this gateway serves.
    pub fn expiry_watch(&self) -> ExpiryWatch {
        ExpiryWatch {
            gateway: self.clone(),
            told_at: None,
        }
    }

    /// The token that each connection lives by: the one used last or, where none was used, the one that ends last.
    /// When it ends, the client is shut out, even if there is a newer one that it was never given.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub(super) async fn tokens_in_use(&self) -> Result<Vec<TokenInfo>> {
        let mut in_use: BTreeMap<String, TokenInfo> = BTreeMap::new();
        for token in self.tokens().await? {
            let rank = |token: &TokenInfo| (token.used, token.expires);
            let ranks_higher = |other: &TokenInfo| rank(&token) > rank(other);
            if token.revoked.is_none() && in_use.get(&token.connection).is_none_or(ranks_higher) {
                in_use.insert(token.connection.clone(), token);
            }
        }
        Ok(in_use.into_values().collect())
    }
}

impl ExpiryWatch {
    /// One round: once a day, a line in the log for each connection whose token ends within 30 days.
    pub async fn round(&mut self) {
        let (now, reading) = (self.gateway.clock().now(), self.gateway.clock().monotonic());
        let recent = |told: Duration| reading.saturating_sub(told) < WARNED_EVERY;
        if self.told_at.is_some_and(recent) {
            return;
        }
        match self.gateway.tokens_in_use().await {
            Ok(tokens) => {
                self.told_at = Some(reading);
                for token in &tokens {
                    warn(token, now);
                }
            }
            Err(error) => tracing::warn!(%error, "the ends of the tokens were not looked at"),
        }
    }
}

fn warn(token: &TokenInfo, now: Timestamp) {
    let TokenState::Ending(left) = token.state(now) else {
        return;
    };
    // One that was made while the clock was ahead is not new for as long as that.
    let age = now.duration_since(token.created);
    if age < NEW_FOR && !is_ahead(token.created, now) {
        return;
    }
    tracing::warn!(
        connection = token.connection,
        token = token.id,
        expires = %token.expires,
        "the token that this connection uses ends in {}: give the client a new one, which \
         `muster token rotate {}` makes",
        whole_days(left),
        token.connection
    );
}

/// So many days, rounded down.
fn whole_days(left: SignedDuration) -> String {
    match left.as_hours() / 24 {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
