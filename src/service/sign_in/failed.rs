//! The log of failed logins: the steps of each under the reference number that the person was told.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Denied, Visitor};
use crate::login::{Refusal, Trail};
use crate::service::{Error, Gateway, Result};
use crate::store::{FAILED_LOGINS, FailedLogin};

/// Steps longer than this are cut: a detail names a few values of an assertion.
const DETAIL_CHARS: usize = 500;
/// Without letters and digits that are mistaken for each other on the telephone.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A login that was refused, as administrators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedLoginInfo {
    /// The number that the person was told.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// `local`, `saml` or `ldap`.
    pub method: String,
    /// The stable reason code.
    pub code: String,
    /// The record that was found, if one was.
    pub resource: Option<String>,
    /// The address it was tried from.
    pub address: Option<String>,
    /// The steps: an array of objects with `name`, `result` and `detail`.
    pub steps: Value,
}

/// A login that may fail: everything about it but how.
pub(super) struct Failed {
    reference: String,
    method: &'static str,
    address: Option<String>,
    at: Timestamp,
}

impl Gateway {
    /// The last logins that were refused, the latest first; only the one with this reference, if it is given. Those of this
    /// process that wait to be written are written first, if that can be.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn failed_logins(&self, reference: Option<&str>) -> Result<Vec<FailedLoginInfo>> {
        if let Err(error) = self.flush_refusals().await {
            tracing::warn!(%error, "refused logins were not written and wait on");
        }
        let reference = reference.map(|text| text.trim().to_uppercase());
        let found = self
            .store()
            .read(move |tx| {
                let found = tx.failed_logins(reference.as_deref(), FAILED_LOGINS)?;
                Ok::<_, Error>(found)
            })
            .await?;
        Ok(found.into_iter().map(FailedLoginInfo::from).collect())
    }

    pub(super) fn draft_failed(
        &self,
        method: &'static str,
        from: &Visitor,
        at: Timestamp,
    ) -> Result<Failed> {
        Ok(Failed {
            reference: reference(self.clock().random()?),
            method,
            address: from.address.map(|address| address.to_string()),
            at,
        })
    }
}

impl Failed {
    /// What the person is told.
    pub(super) fn told(&self, refusal: &Refusal) -> Denied {
        Denied {
            code: refusal.code,
            refused: refusal.refused,
            reference: self.reference.clone(),
        }
    }

    /// Returns what is kept of it, with its steps, and tells the log.
    pub(super) fn login(&self, code: &str, resource: Option<&str>, trail: &Trail) -> FailedLogin {
        let steps = trail.steps().iter().map(|step| {
            let detail: String = step.detail.chars().take(DETAIL_CHARS).collect();
            json!({ "name": step.name, "result": step.result.to_string(), "detail": detail })
        });
        tracing::info!(
            code,
            reference = self.reference,
            method = self.method,
            "a login was refused"
        );
        FailedLogin {
            reference: self.reference.clone(),
            at: self.at,
            method: self.method.to_owned(),
            code: code.to_owned(),
            resource: resource.map(str::to_owned),
            address: self.address.clone(),
            trail: Value::Array(steps.collect()).to_string(),
        }
    }
}

impl From<FailedLogin> for FailedLoginInfo {
    fn from(failed: FailedLogin) -> Self {
        let FailedLogin {
            reference,
            at,
            method,
            code,
            resource,
            address,
            trail,
        } = failed;
        let steps = serde_json::from_str(&trail).unwrap_or_default();
        Self {
            reference,
            at,
            method,
            code,
            resource,
            address,
            steps,
        }
    }
}

/// Forty bits, so that no two of the logins that are kept have the same: `K7QD-3M2P`.
fn reference(dice: [u8; 8]) -> String {
    let mut text = String::new();
    for (place, byte) in dice.iter().enumerate() {
        if place == 4 {
            text.push('-');
        }
        let letter = ALPHABET
            .get(usize::from(byte % 32))
            .copied()
            .unwrap_or(b'2');
        let _ = write!(text, "{}", char::from(letter));
    }
    text
}
