//! What a transaction did to members, remembered as it does it: only the rows know who was there before.

use super::Tx;

/// How many ids are named in a [`Names`]; of more, the number alone is known. A hundred ids are 4 KiB.
pub(super) const NAMED: u32 = 100;

/// The members that came, went or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Those that came.
    pub added: Names,
    /// Those that were shown and went.
    pub removed: Names,
    /// How many got another `display` or `type`.
    pub described: u64,
}

/// Some ids, or the first of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// How many there are.
    pub count: u64,
    /// The first hundred.
    pub ids: Vec<String>,
}

impl Names {
    pub(super) fn add_many(&mut self, count: u64, ids: impl IntoIterator<Item = String>) {
        if count == 0 {
            return;
        }
        self.count += count;
        let room = (NAMED as usize).saturating_sub(self.ids.len());
        self.ids.extend(ids.into_iter().take(room));
    }
}

impl Tx<'_> {
    /// What was done to members since this was last asked, or since the beginning.
    pub fn take_member_change(&mut self) -> MemberChange {
        std::mem::take(&mut self.members)
    }
}
