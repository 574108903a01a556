//! What waits for the next flush, within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{LogEntry, Nature};

/// Refusals that may wait, and changes that changed nothing: twice what an unlimited client sends in a second to be
/// refused. At 500 bytes each, 1 MiB.
const WAITING: usize = 2_000;
/// Reads of a connection that are kept, and so at most wait.
pub(super) const READS: u32 = 1_000;
/// Reads of all connections that may wait: 4 MiB, one minute of eight connections that read all the time.
const ALL_READS: usize = 8_000;
/// From so many on they are to be written soon.
const MANY_READS: usize = ALL_READS / 4 * 3;

/// Entries that wait, and how many were dropped because too many did.
#[derive(Default)]
pub(in crate::service) struct Buffer(Mutex<Waiting>);

/// What is written together.
#[derive(Default)]
pub(super) struct Waiting {
    /// Refusals, and changes that changed nothing.
    pub(super) entries: Vec<LogEntry>,
    /// The last reads of each connection; of nobody, the last refusals.
    pub(super) rings: BTreeMap<String, VecDeque<LogEntry>>,
    /// How many reads of each connection there were.
    pub(super) reads: BTreeMap<String, u64>,
    in_rings: usize,
    dropped: u64,
}

impl Buffer {
    pub(in crate::service) fn push(&self, entry: LogEntry) {
        let mut waiting = self.lock();
        match (entry.connection.is_empty(), entry.nature) {
            (true, Nature::Read) => {}
            (true, Nature::Change | Nature::Refusal) => waiting.push_to_ring(entry),
            (false, Nature::Read) => {
                *waiting.reads.entry(entry.connection.clone()).or_default() += 1;
                waiting.push_to_ring(entry);
            }
            (false, Nature::Change | Nature::Refusal) if waiting.entries.len() < WAITING => {
                waiting.entries.push(entry);
            }
            (false, Nature::Change | Nature::Refusal) => waiting.dropped += 1,
        }
    }

    /// The entries that wait, without the rings.
    pub(super) fn take_entries(&self) -> Vec<LogEntry> {
        std::mem::take(&mut self.lock().entries)
    }

    /// Returns true if so many reads wait that they should not wait much longer.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.lock().in_rings >= MANY_READS
    }

    /// Everything that waits.
    pub(super) fn take(&self) -> Waiting {
        let mut waiting = self.lock();
        let dropped = waiting.dropped;
        let taken = std::mem::take(&mut *waiting);
        waiting.dropped = dropped;
        taken
    }

    /// Counts entries that were lost.
    pub(super) fn lost(&self, count: usize) {
        self.lock().dropped += count as u64;
    }

    /// How many entries were dropped since the start.
    pub(in crate::service) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rings.is_empty() && self.reads.is_empty()
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.in_rings
    }

    /// What a full ring loses would not be among the last ones anyway. When all rings together are full, the longest
    /// loses its oldest entry, so that a connection that reads much pushes out nobody else.
    fn push_to_ring(&mut self, entry: LogEntry) {
        let ring = self.rings.entry(entry.connection.clone()).or_default();
        ring.push_back(entry);
        self.in_rings += 1;
        if ring.len() > READS as usize {
            ring.pop_front();
            self.in_rings -= 1;
        } else if self.in_rings > ALL_READS {
            let longest = self.rings.values_mut().max_by_key(|ring| ring.len());
            drop(longest.and_then(VecDeque::pop_front));
            self.in_rings -= 1;
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(connection: &str, nature: Nature) -> LogEntry {
        LogEntry {
            id: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            nature,
            connection: connection.to_owned(),
            request: String::new(),
            method: "GET".to_owned(),
            route: "-".to_owned(),
            operation: None,
            resource: None,
            status: 200,
            scim_type: None,
            detail: None,
            micros: 0,
            fields: Vec::new(),
            corrected: Vec::new(),
            dropped: Vec::new(),
        }
    }

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let buffer = Buffer::default();
        for _ in 0..10_000 {
            buffer.push(entry("a", Nature::Refusal));
            buffer.push(entry("a", Nature::Read));
            buffer.push(entry("", Nature::Refusal));
            buffer.push(entry("", Nature::Read));
        }
        let taken = buffer.take();
        assert_eq!(
            (taken.entries.len(), taken.len()),
            (WAITING, WAITING + 2_000)
        );
        assert_eq!(taken.reads, BTreeMap::from([("a".to_owned(), 10_000)]));
        assert_eq!(buffer.dropped(), 8_000);
        assert!(buffer.take().is_empty());
        for number in 0..10_000 {
            buffer.push(entry(&format!("connection{number}"), Nature::Read));
        }
        assert_eq!(buffer.take().len(), ALL_READS);
        assert_eq!(buffer.dropped(), 10_000);
    }
}
