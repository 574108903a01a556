//! Verification: reads the whole chain and says where it is not what was written.

use super::row::{self, Values};
use super::seal::hex;
use crate::service::keys::{Keys, same};
use crate::service::{Error, Gateway, Result};
use crate::store::{self, AuditHead, AuditRow, Seal, Tx};

/// Rows read at once: with 32 KiB of values each, 8 MiB at most.
const SLICE: u32 = 256;
/// How many faults are told one by one: with a wrong secret, every row is one.
const TOLD: usize = 100;

/// What verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// How many entries are in the chain.
    pub sealed: u64,
    /// How many wait for their place in it.
    pub unsealed: u64,
    /// The hash at the end of the chain.
    pub head: Option<String>,
    /// What is wrong, a line each; the first hundred.
    pub faults: Vec<String>,
    /// How many faults there are.
    pub fault_count: u64,
}

/// A walk along the chain.
struct Walk<'k> {
    keys: &'k Keys,
    report: AuditReport,
    last: Option<Seal>,
    /// A head that was written down elsewhere, and whether the chain has passed it.
    exported: Option<String>,
    found: bool,
}

/// A slice of rows, and which of those without values were rightly emptied.
struct Slice {
    rows: Vec<(AuditRow, Forgotten)>,
    head: Option<AuditHead>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Forgotten {
    Rightly,
    No,
}

impl Gateway {
    /// Checks every entry and the whole chain, up to the present end. With `exported`, a hash that was in the log or
    /// printed before, also that the chain still holds it.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn verify_audit(&self, exported: Option<&str>) -> Result<AuditReport> {
        let mut walk = Walk {
            keys: self.keys(),
            report: AuditReport::default(),
            last: None,
            exported: exported.map(|head| head.trim().to_ascii_lowercase()),
            found: false,
        };
        loop {
            let after = walk.last.as_ref().map_or(i64::MIN, |seal| seal.seq);
            let slice = self.slice(move |tx| tx.audit_chain(after, SLICE)).await?;
            for (row, forgotten) in &slice.rows {
                walk.sealed(row, *forgotten);
            }
            if slice.rows.len() < SLICE as usize {
                walk.end(slice.head.as_ref());
                break;
            }
        }
        self.verify_waiting(&mut walk).await?;
        Ok(walk.report)
    }

    /// The rows without a place in the chain have a MAC of their own.
    async fn verify_waiting(&self, walk: &mut Walk<'_>) -> Result<()> {
        let mut after = String::new();
        loop {
            let behind = after.clone();
            let slice = self
                .slice(move |tx| tx.audit_waiting(&behind, SLICE))
                .await?;
            for (row, forgotten) in &slice.rows {
                walk.report.unsealed += 1;
                walk.row(row, *forgotten);
            }
            match slice.rows.into_iter().next_back() {
                Some((row, _)) => after = row.id,
                None => return Ok(()),
            }
        }
    }

    async fn slice(
        &self,
        rows: impl Fn(&mut Tx<'_>) -> store::Result<Vec<AuditRow>> + Send + 'static,
    ) -> Result<Slice> {
        let read = move |tx: &mut Tx<'_>| {
            let head = tx.audit_head()?;
            let mut judged = Vec::new();
            for row in rows(tx)? {
                let forgotten = if row.values.is_none() && row.values_mac.is_some() {
                    forgotten(tx, &row)?
                } else {
                    Forgotten::No
                };
                judged.push((row, forgotten));
            }
            Ok::<_, store::Error>(Slice { rows: judged, head })
        };
        self.store().read(read).await.map_err(Error::from)
    }
}

/// The values of a resource are forgotten when it is purged, which is an entry of its own.
fn forgotten(tx: &mut Tx<'_>, row: &AuditRow) -> store::Result<Forgotten> {
    let purge = format!("{}.purge", row.kind.to_lowercase());
    Ok(if tx.is_audited(&row.resource, &purge)? {
        Forgotten::Rightly
    } else {
        Forgotten::No
    })
}

impl Walk<'_> {
    fn fault(&mut self, why: String) {
        self.report.fault_count += 1;
        if self.report.faults.len() < TOLD {
            self.report.faults.push(why);
        }
    }

    /// One row of the chain. A chain that is broken in one place is followed from there on.
    fn sealed(&mut self, row: &AuditRow, forgotten: Forgotten) {
        self.row(row, forgotten);
        let Some(seal) = &row.seal else { return };
        let wanted = row::seal(self.keys, self.last.as_ref(), &row.mac);
        if seal.seq < wanted.seq {
            self.fault(format!(
                "entry {} stands where none can ({})",
                seal.seq, row.id
            ));
        } else if seal.seq > wanted.seq {
            self.fault(format!(
                "entries {} to {} are missing",
                wanted.seq,
                seal.seq - 1
            ));
        } else if !same(&seal.chain, &wanted.chain) {
            self.fault(format!(
                "entry {} does not follow the one before it: rows were removed, exchanged or put in ({})",
                seal.seq, row.id
            ));
        } else if self.exported.as_deref() == Some(&hex(&seal.chain)) {
            self.found = true;
        }
        self.report.sealed += 1;
        self.last = Some(seal.clone());
    }

    fn row(&mut self, row: &AuditRow, forgotten: Forgotten) {
        let place = row.seal.as_ref().map_or_else(
            || format!("the entry {}", row.id),
            |seal| format!("entry {} ({})", seal.seq, row.id),
        );
        if !row::is_whole(self.keys, row) {
            self.fault(format!("{place} was changed"));
        }
        match (row::values(self.keys, row), forgotten) {
            (Values::Whole, _) | (Values::Missing, Forgotten::Rightly) => {}
            (Values::Changed, _) => self.fault(format!("the values of {place} were changed")),
            (Values::Missing, Forgotten::No) => self.fault(format!(
                "the values of {place} are gone, and its resource was not purged"
            )),
        }
    }

    fn end(&mut self, head: Option<&AuditHead>) {
        let reached = self.last.clone();
        self.report.head = reached.as_ref().map(|seal| hex(&seal.chain));
        match (head, reached) {
            (None, None) => {}
            (None, Some(_)) => self.fault("the row that says where the chain ends is gone".into()),
            (Some(head), reached) => self.compare(head, reached.as_ref()),
        }
        if self.exported.is_some() && !self.found {
            self.fault(
                "the chain does not hold the given head: it was cut off or rewritten".into(),
            );
        }
    }

    fn compare(&mut self, head: &AuditHead, reached: Option<&Seal>) {
        let wanted = row::head(self.keys, head.seal.clone());
        if !same(&head.mac, &wanted.mac) {
            self.fault("the row that says where the chain ends was changed".into());
        }
        if reached == Some(&head.seal) {
            return;
        }
        let (end, seq) = (reached.map_or(0, |seal| seal.seq), head.seal.seq);
        if end < seq {
            self.fault(format!(
                "the chain was cut off: it ends at {end} and went on to {seq}"
            ));
        } else {
            self.fault(format!(
                "the chain ends at {end}, but {seq} was sealed last"
            ));
        }
    }
}
