//! Members of a group as bytes, 38 for one with a UUID: what is held of a group while a response with it is sent.

use std::collections::VecDeque;

use crate::store::StoredMember;

/// The size of a chunk: some 860 members, which are sent in one piece.
const CHUNK_BYTES: usize = 32 * 1024;

/// Combinations of `type` and resolved type that are written once; a group has two or three. A client that sends
/// hundreds gets them beside each member.
const MAX_KINDS: usize = 32;

/// The tag of a member whose types are written beside it.
const INLINE_KINDS: u8 = u8::MAX;

/// A list of members. Each is a tag for its types, the length of its id with a bit that says if a `display` follows,
/// the id, and the `display` with its length. Chunks are freed one by one.
#[derive(Debug, Default)]
pub(super) struct PackedMembers {
    chunks: VecDeque<Vec<u8>>,
    kinds: Vec<MemberKinds>,
    /// The entry that is being written.
    entry: Vec<u8>,
}

/// `type` as sent, and the type of the resource that the id named.
type MemberKinds = (Option<String>, Option<String>);

impl PackedMembers {
    /// Adds a member, if `reserve` grants the bytes of a further chunk where it needs one. Returns false if it was not
    /// added.
    pub(super) fn push(
        &mut self,
        member: &StoredMember,
        reserve: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let tag = self.tag(member);
        self.entry.clear();
        push_entry(&mut self.entry, tag, member);
        let entry = self.entry.as_slice();
        let fits = |chunk: &&mut Vec<u8>| chunk.capacity() - chunk.len() >= entry.len();
        if let Some(chunk) = self.chunks.back_mut().filter(fits) {
            chunk.extend_from_slice(entry);
            return true;
        }
        let size = entry.len().max(CHUNK_BYTES);
        if !reserve(size) {
            return false;
        }
        let mut chunk = Vec::with_capacity(size);
        chunk.extend_from_slice(entry);
        self.chunks.push_back(chunk);
        true
    }

    /// Takes the first chunk: its members, and the bytes that were reserved for it.
    pub(super) fn take_chunk(&mut self) -> Option<(Vec<StoredMember>, usize)> {
        let chunk = self.chunks.pop_front()?;
        let mut reader = EntryReader { rest: &chunk };
        let mut members = Vec::new();
        while let Some(member) = reader.member(&self.kinds) {
            members.push(member);
        }
        Some((members, chunk.capacity()))
    }

    fn tag(&mut self, member: &StoredMember) -> u8 {
        let same =
            |(kind, resolved): &MemberKinds| *kind == member.kind && *resolved == member.resolved;
        let position = self.kinds.iter().position(same);
        let position = position.unwrap_or_else(|| {
            if self.kinds.len() >= MAX_KINDS || !is_short(member.kind.as_ref()) {
                return usize::MAX;
            }
            let kinds = (member.kind.clone(), member.resolved.clone());
            self.kinds.push(kinds);
            self.kinds.len() - 1
        });
        u8::try_from(position).unwrap_or(INLINE_KINDS)
    }
}

/// Returns false for a long `type`, which is counted with its member.
fn is_short(kind: Option<&String>) -> bool {
    kind.is_none_or(|kind| kind.len() <= 64)
}

fn push_entry(entry: &mut Vec<u8>, tag: u8, member: &StoredMember) {
    entry.push(tag);
    let has_display = usize::from(member.display.is_some());
    push_number(entry, (member.value.len() << 1) | has_display);
    entry.extend_from_slice(member.value.as_bytes());
    if let Some(display) = &member.display {
        push_text(entry, display);
    }
    if tag == INLINE_KINDS {
        for kind in [&member.kind, &member.resolved] {
            entry.push(u8::from(kind.is_some()));
            push_text(entry, kind.as_deref().unwrap_or_default());
        }
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow (LEB128).
fn push_number(entry: &mut Vec<u8>, mut number: usize) {
    loop {
        let [lowest, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            entry.push(lowest);
            return;
        }
        entry.push(lowest | 0x80);
    }
}

fn push_text(entry: &mut Vec<u8>, text: &str) {
    push_number(entry, text.len());
    entry.extend_from_slice(text.as_bytes());
}

/// Reads what [`PackedMembers::push`] wrote; `None` at the end of the chunk.
struct EntryReader<'c> {
    rest: &'c [u8],
}

impl EntryReader<'_> {
    fn member(&mut self, kinds: &[MemberKinds]) -> Option<StoredMember> {
        let tag = self.byte()?;
        let length = self.number()?;
        let value = self.bytes(length >> 1)?;
        let display = if length & 1 == 1 {
            Some(self.text()?)
        } else {
            None
        };
        let (kind, resolved) = if tag == INLINE_KINDS {
            self.inline_kinds()?
        } else {
            kinds.get(usize::from(tag))?.clone()
        };
        Some(StoredMember {
            value,
            display,
            kind,
            resolved,
        })
    }

    fn inline_kinds(&mut self) -> Option<MemberKinds> {
        let has_kind = self.byte()? == 1;
        let kind = self.text()?;
        let is_resolved = self.byte()? == 1;
        let resolved = self.text()?;
        Some((has_kind.then_some(kind), is_resolved.then_some(resolved)))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?;
        self.bytes(length)
    }

    fn bytes(&mut self, length: usize) -> Option<String> {
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(value: &str, display: Option<&str>, kind: Option<&str>) -> StoredMember {
        StoredMember {
            value: value.to_owned(),
            display: display.map(str::to_owned),
            kind: kind.map(str::to_owned),
            resolved: Some("User".to_owned()),
        }
    }

    fn unpacked(mut packed: PackedMembers) -> Vec<StoredMember> {
        let mut all = Vec::new();
        while let Some((members, _)) = packed.take_chunk() {
            all.extend(members);
        }
        all
    }

    #[test]
    fn members_come_out_as_they_went_in() {
        let long = "x".repeat(100_000);
        let mut members = vec![
            member("1", None, None),
            member("", Some(""), Some("User")),
            member("é", Some("Ada \"Countess\" Lovelace"), Some("Group")),
            member(&long, Some(&long), Some(&long)),
        ];
        for number in 0..100 {
            members.push(member("2", None, Some(&format!("type {number}"))));
        }
        let mut packed = PackedMembers::default();
        for member in &members {
            assert!(packed.push(member, &mut |_| true));
        }
        assert_eq!(unpacked(packed), members);
    }

    #[test]
    fn a_member_takes_at_most_40_bytes() {
        let mut packed = PackedMembers::default();
        let mut reserved = 0;
        for number in 0..100_000 {
            let id = format!("01900000-0000-7000-8000-{number:012}");
            let kind = (number % 2 == 0).then_some("User");
            packed.push(&member(&id, None, kind), &mut |bytes| {
                reserved += bytes;
                true
            });
        }
        assert!(reserved <= 100_000 * 40, "{reserved}");
        let (_, freed) = packed.take_chunk().unwrap();
        assert_eq!(freed, CHUNK_BYTES);
    }

    #[test]
    fn a_member_for_which_there_is_no_memory_is_not_added() {
        let mut packed = PackedMembers::default();
        let mut chunks = 0;
        let mut added = 0;
        while packed.push(
            &member("01900000-0000-7000-8000-000000000001", None, None),
            &mut |_| {
                chunks += 1;
                chunks <= 2
            },
        ) {
            added += 1;
        }
        assert_eq!(unpacked(packed).len(), added);
        assert!(added > 1_000, "{added}");
    }
}
