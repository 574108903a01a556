//! The last use of tokens and sessions, kept in memory and written together.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::store::{Result, Tx};

/// How often uses are written; so much of them is lost when the process is killed.
pub(super) const WRITTEN_EVERY: Duration = Duration::from_secs(60);

/// A use after so much silence is written at once: a connection that comes back is seen at once.
const SILENCE: Duration = Duration::from_secs(60 * 60);

/// Uses that wait at most, 100 bytes each: 1 MiB. Those past it are noted at a later request.
const MOST: usize = 10_000;

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Used {
    /// A token of a connection.
    Token,
    /// A personal access token.
    PersonalToken,
    /// A session.
    Session,
}

/// The uses that wait to be written.
#[derive(Default)]
pub(super) struct LastUses {
    waiting: Mutex<Uses>,
    urgent: Notify,
}

/// The latest use of each credential, by its id.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    tokens: HashMap<String, Timestamp>,
    personal_tokens: HashMap<String, Timestamp>,
    sessions: HashMap<String, Timestamp>,
}

impl LastUses {
    /// Notes a use of what was `recorded` last at that time. The first one of a token, and one after [`SILENCE`], are to
    /// be written at once; a use within `every` of the recorded one is not worth noting.
    pub(super) fn note(
        &self,
        used: Used,
        id: &str,
        recorded: Option<Timestamp>,
        now: Timestamp,
        every: Duration,
    ) {
        let silence = recorded.map(|at| now.duration_since(at).unsigned_abs());
        if silence.is_some_and(|silence| silence < every) {
            return;
        }
        let is_new = self.lock().insert(used, id, now);
        let is_urgent = silence.is_none_or(|silence| silence >= SILENCE);
        if is_new && is_urgent && used != Used::Session {
            self.urgent.notify_one();
        }
    }

    /// Waits for a use that is to be written at once.
    pub(super) async fn urgent(&self) {
        self.urgent.notified().await;
    }

    /// Everything that waits.
    pub(super) fn take(&self) -> Uses {
        std::mem::take(&mut *self.lock())
    }

    /// Puts back what could not be written, unless a later use was noted meanwhile.
    pub(super) fn put_back(&self, uses: Uses) {
        let mut waiting = self.lock();
        for (used, ids) in uses.into_parts() {
            for (id, at) in ids {
                waiting.insert(used, &id, at);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes all of them.
    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        for (id, at) in &self.tokens {
            tx.touch_token(id, *at)?;
        }
        for (id, at) in &self.personal_tokens {
            tx.touch_personal_token(id, *at)?;
        }
        for (id, at) in &self.sessions {
            tx.touch_session(id, *at)?;
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.tokens.len() + self.personal_tokens.len() + self.sessions.len()
    }

    /// Notes a use; returns true if none of this credential waited. Nothing is allocated for one that does.
    fn insert(&mut self, used: Used, id: &str, at: Timestamp) -> bool {
        let full = self.len() >= MOST;
        let ids = match used {
            Used::Token => &mut self.tokens,
            Used::PersonalToken => &mut self.personal_tokens,
            Used::Session => &mut self.sessions,
        };
        match ids.get_mut(id) {
            Some(waiting) => {
                *waiting = at.max(*waiting);
                false
            }
            None if full => false,
            None => {
                ids.insert(id.to_owned(), at);
                true
            }
        }
    }

    fn into_parts(self) -> [(Used, HashMap<String, Timestamp>); 3] {
        [
            (Used::Token, self.tokens),
            (Used::PersonalToken, self.personal_tokens),
            (Used::Session, self.sessions),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn is_urgent(uses: &LastUses) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let urgent = std::pin::pin!(uses.urgent());
        urgent.poll(&mut context).is_ready()
    }

    #[test]
    fn only_the_first_use_and_one_after_silence_are_urgent() {
        let uses = LastUses::default();
        let note = |id: &str, recorded: Option<Timestamp>, now: Timestamp| {
            uses.note(Used::Token, id, recorded, now, WRITTEN_EVERY);
        };
        note("new", None, at(0));
        assert!(is_urgent(&uses));
        note("new", None, at(1));
        assert!(!is_urgent(&uses));
        note("old", Some(at(0)), at(59));
        note("old", Some(at(0)), at(600));
        assert!(!is_urgent(&uses));
        note("silent", Some(at(0)), at(3_600));
        assert!(is_urgent(&uses));
        let taken = uses.take();
        assert_eq!(taken.tokens["new"], at(1));
        assert_eq!(taken.tokens["old"], at(600));
        assert_eq!(taken.len(), 3);
    }

    #[test]
    fn what_was_not_written_comes_back_and_is_no_older_for_it() {
        let uses = LastUses::default();
        let note = |now| uses.note(Used::Session, "s", None, now, WRITTEN_EVERY);
        note(at(0));
        let taken = uses.take();
        note(at(5));
        uses.put_back(taken);
        assert_eq!(uses.take().sessions["s"], at(5));
        assert!(uses.take().is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let uses = LastUses::default();
        for number in 0..MOST + 5 {
            uses.note(Used::Token, &number.to_string(), None, at(0), WRITTEN_EVERY);
        }
        assert_eq!(uses.take().len(), MOST);
    }
}
