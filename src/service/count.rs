//! How many people there are.

use jiff::SignedDuration;

use super::{Error, Gateway, Result};
use crate::store::{State, Viewer};

/// "Active in the last year" is this long.
pub(super) const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How many people there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All that are not deleted.
    pub total: u64,
    /// Those of them who were seen in the last 365 days.
    pub seen: u64,
    /// Those of them who are deactivated.
    pub deactivated: u64,
    /// Those who are deleted and not purged.
    pub deleted: u64,
    /// Active administrators.
    pub administrators: u64,
}

impl Gateway {
    /// Counts people.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn counts(&self) -> Result<Counts> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let now = self.clock().now();
        let since = now.checked_sub(YEAR).unwrap_or(now);
        self.store()
            .read(move |tx| {
                let groups = gateway.admin_groups();
                let ids = groups.ids(tx)?;
                Ok::<_, Error>(Counts {
                    total: tx.counts(&Viewer::All, &rt.name)?,
                    seen: tx.seen_since(&rt.name, since)?,
                    deactivated: tx.count_in(&rt.name, State::Deactivated)?,
                    deleted: tx.count_in(&rt.name, State::Deleted)?,
                    administrators: tx.count_holders(groups.holders(&ids))?,
                })
            })
            .await
    }
}
