//! One pass over one request: which profile, which resource type, and what was corrected so far.

use std::fmt;

use super::{Correction, Profile, Quirk};
use crate::scim::schema::ResourceType;

/// The corrections that one request keeps, beside the first of each quirk. A log row with all of them
/// stays under (100 + 28 quirks) × 200 characters = 26 thousand; a group of 100,000 bare members would
/// otherwise write ten megabytes.
const KEPT: usize = 100;

/// The characters of [`Correction::at`]: enough for two URNs, and a key of two megabytes is not logged whole.
pub(super) const PLACE_CHARS: usize = 200;

/// What every function of this folder is given.
pub(super) struct Pass<'a> {
    profile: &'a Profile,
    pub(super) rt: &'a ResourceType,
    corrections: Vec<Correction>,
}

/// A place in a request; it becomes text only when something is corrected there.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    /// A part of the request by its name: `filter`, or nothing for the body.
    Top(&'a str),
    /// A member of an object.
    Key(&'a At<'a>, &'a str),
    /// An element of an array.
    Index(&'a At<'a>, usize),
}

impl<'a> Pass<'a> {
    pub(super) fn new(profile: &'a Profile, rt: &'a ResourceType) -> Self {
        Self {
            profile,
            rt,
            corrections: Vec::new(),
        }
    }

    /// Whether the profile undoes `quirk`, found at `at`; if so that is recorded.
    pub(super) fn undoes(&mut self, quirk: Quirk, at: At<'_>) -> bool {
        let undone = self.would_undo(quirk);
        if undone {
            self.record(quirk, at);
        }
        undone
    }

    /// Whether the profile undoes `quirk`, before it is certain that it is one.
    pub(super) fn would_undo(&self, quirk: Quirk) -> bool {
        self.profile.undoes(quirk)
    }

    pub(super) fn record(&mut self, quirk: Quirk, at: At<'_>) {
        let met = self.corrections.iter().any(|known| known.quirk == quirk);
        if self.corrections.len() < KEPT || !met {
            let at = at.to_string().chars().take(PLACE_CHARS).collect();
            self.corrections.push(Correction { quirk, at });
        }
    }

    pub(super) fn finish(self) -> Vec<Correction> {
        self.corrections
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(name) => out.write_str(name),
            Self::Key(Self::Top(""), key) => out.write_str(key),
            Self::Key(outer, key) => write!(out, "{outer}.{key}"),
            Self::Index(outer, ordinal) => write!(out, "{outer}[{ordinal}]"),
        }
    }
}
