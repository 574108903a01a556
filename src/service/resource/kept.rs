//! Pages that were just answered, for whoever asks again before anything has changed.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

use crate::scim::query::ListQuery;
use crate::scim::schema::ResourceType;
use crate::service::Caller;
use crate::store::Moment;

/// All pages that are kept, in bytes: some 30 of a hundred users. When it is full, all are forgotten.
const ALL: usize = 4 * 1024 * 1024;
/// A smaller page is made again as fast.
const SMALLEST: usize = 8 * 1024;
/// The memory of an entry beside its page: a key of 40 bytes, a value of 40, their slot in a table that
/// is half full, and the head of the shared page.
const ENTRY: usize = 256;

/// Answers under what they depend on: the question, who asks, and the moment of the database, any change to which, by
/// whatever process, is another moment.
#[derive(Default)]
pub(in crate::service) struct Kept(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    found: HashMap<(Question, u64), (i64, Bytes)>,
    size: usize,
}

/// The hash of a question for a page. The question itself may be as long as a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question([u8; 32]);

impl Question {
    pub(super) fn new(caller: &Caller, rt: &ResourceType, query: &ListQuery) -> Self {
        let (connection, profile) = (&caller.connection, caller.profile.name());
        Self::of(format_args!(
            "{connection} {profile} {} {query:?}",
            rt.endpoint
        ))
    }

    fn of(text: fmt::Arguments<'_>) -> Self {
        let mut hashed = HashedText(Context::new(&SHA256));
        // Nothing that is written here fails.
        let _ = hashed.write_fmt(text);
        let mut hash = [0; 32];
        hash.copy_from_slice(hashed.0.finish().as_ref());
        Self(hash)
    }
}

/// A text of which only the hash is made.
struct HashedText(Context);

impl fmt::Write for HashedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl Kept {
    /// The answer of the same moment.
    pub(super) fn find(&self, question: &Question, at: Moment) -> Option<Bytes> {
        let pages = self.lock();
        let found = pages.found.get(&(*question, at.connection));
        found
            .filter(|(version, _)| *version == at.version)
            .map(|(_, page)| page.clone())
    }

    /// Keeps an answer until the database changes.
    pub(super) fn keep(&self, question: &Question, at: Moment, page: &Bytes) {
        let size = page.len() + ENTRY;
        if page.len() < SMALLEST || size > ALL {
            return;
        }
        let mut pages = self.lock();
        if pages.size + size > ALL {
            *pages = Pages::default();
        }
        pages.size += size;
        let key = (*question, at.connection);
        if let Some((_, old)) = pages.found.insert(key, (at.version, page.clone())) {
            pages.size -= old.len() + ENTRY;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_one_moment_and_all_together_are_bounded() {
        let kept = Kept::default();
        let at = |version| Moment {
            connection: 1,
            version,
        };
        let question = |number: usize| Question::of(format_args!("{number}"));
        let page = Bytes::from(vec![0; 1024 * 1024]);
        kept.keep(&question(1), at(7), &page);
        assert_eq!(kept.find(&question(1), at(7)), Some(page.clone()));
        assert_eq!(kept.find(&question(1), at(8)), None);
        assert_eq!(kept.find(&question(2), at(7)), None);
        for number in 0..100 {
            kept.keep(&question(number), at(8), &page);
            let pages = kept.lock();
            let size = pages.found.values().map(|(_, page)| page.len() + ENTRY);
            assert_eq!(size.sum::<usize>(), pages.size);
            assert!(pages.size <= ALL);
        }
        kept.keep(&question(0), at(8), &Bytes::from_static(b"small"));
        assert_eq!(kept.find(&question(0), at(8)), None);
    }

    #[test]
    fn an_entry_is_as_small_as_it_is_counted_whatever_was_asked() {
        assert!(size_of::<((Question, u64), (i64, Bytes))>() * 2 < ENTRY);
        let long = "a".repeat(100_000);
        let (one, other) = (format_args!("{long}"), format_args!("{long}a"));
        assert_ne!(Question::of(one), Question::of(other));
    }
}
