//! Pages that were just answered, for whoever asks again before anything has changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::scim::query::ListQuery;
use crate::scim::schema::ResourceType;
use crate::service::Caller;
use crate::store::Moment;

/// All pages that are kept, in bytes: some 30 of a hundred users. When it is full, all are forgotten.
const ALL: usize = 4 * 1024 * 1024;
/// A smaller page is made again as fast.
const SMALLEST: usize = 8 * 1024;

/// Answers under what they depend on: the question, who asks, and the moment of the database, any change to which, by
/// whatever process, is another moment.
#[derive(Default)]
pub(in crate::service) struct Kept(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    found: HashMap<(String, u64), (i64, Bytes)>,
    size: usize,
}

/// A question for a page.
pub(super) struct Question(String);

impl Question {
    pub(super) fn new(caller: &Caller, rt: &ResourceType, query: &ListQuery) -> Self {
        let (connection, profile) = (&caller.connection, caller.profile.name());
        Self(format!("{connection} {profile} {} {query:?}", rt.endpoint))
    }
}

impl Kept {
    /// The answer of the same moment.
    pub(super) fn find(&self, question: &Question, at: Moment) -> Option<Bytes> {
        let pages = self.lock();
        let found = pages.found.get(&(question.0.clone(), at.connection));
        found
            .filter(|(version, _)| *version == at.version)
            .map(|(_, page)| page.clone())
    }

    /// Keeps an answer until the database changes.
    pub(super) fn keep(&self, question: &Question, at: Moment, page: &Bytes) {
        if page.len() < SMALLEST || page.len() > ALL {
            return;
        }
        let mut pages = self.lock();
        if pages.size + page.len() > ALL {
            *pages = Pages::default();
        }
        pages.size += page.len();
        let key = (question.0.clone(), at.connection);
        if let Some((_, old)) = pages.found.insert(key, (at.version, page.clone())) {
            pages.size -= old.len();
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
        let question = |number: usize| Question(format!("{number}"));
        let page = Bytes::from(vec![0; 1024 * 1024]);
        kept.keep(&question(1), at(7), &page);
        assert_eq!(kept.find(&question(1), at(7)), Some(page.clone()));
        assert_eq!(kept.find(&question(1), at(8)), None);
        assert_eq!(kept.find(&question(2), at(7)), None);
        for number in 0..100 {
            kept.keep(&question(number), at(8), &page);
            let pages = kept.lock();
            let size: usize = pages.found.values().map(|(_, page)| page.len()).sum();
            assert_eq!(size, pages.size);
            assert!(size <= ALL);
        }
        kept.keep(&question(0), at(8), &Bytes::from_static(b"small"));
        assert_eq!(kept.find(&question(0), at(8)), None);
    }
}
