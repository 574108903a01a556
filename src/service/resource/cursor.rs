//! Cursors: a place in an order, sealed for the one connection and query that it was given out for (RFC 9865).
//!
//! Nothing is kept about them. What a cursor holds is encrypted, because URLs end up in logs and a sort key is often
//! a name or an address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::asked::Scope;
use crate::clock::latest_past;
use crate::scim;
use crate::scim::ErrorKind;
use crate::scim::query::{ListQuery, SortOrder};
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::Position;

/// How long a cursor is valid, in seconds. A client that reads 500 resources a page may spend an hour on each,
/// and one that has stopped is forgotten after it.
pub(in crate::service) const CURSOR_SECONDS: u32 = 3_600;

/// The layout of what is sealed: this byte, 8 bytes of seconds, 1 byte that says whether there is a key, 4 bytes of
/// its length, the key, the id.
const LAYOUT: u8 = 1;

/// What a cursor is good for: one connection, and a query with the same filter and order at the same
/// endpoint. Which attributes are answered and how many resources a page has may change on the way.
pub(super) struct Binding(Vec<u8>);

impl Binding {
    pub(super) fn new(caller: &Caller, scope: Scope<'_>, query: &ListQuery) -> Self {
        let endpoint = match scope {
            Scope::One(rt) => &*rt.endpoint,
            Scope::All(_) => "/",
        };
        let order = match query.sort_order {
            SortOrder::Ascending => "ascending",
            SortOrder::Descending => "descending",
        };
        let parts = [
            Some(&*caller.connection),
            Some(endpoint),
            query.filter.as_deref(),
            query.sort_by.as_deref(),
            Some(order),
        ];
        let mut bytes = Vec::new();
        for part in parts {
            // A length before each part keeps two different lists of parts from being one text.
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part.unwrap_or_default().as_bytes());
        }
        Self(bytes)
    }
}

impl Gateway {
    /// The cursor of a place.
    pub(super) fn seal_cursor(&self, binding: &Binding, place: &Position) -> Result<String> {
        let nonce = self.clock().random()?;
        let text = written(self.clock().now().as_second(), place);
        let sealed = self.keys().seal_cursor(nonce, &binding.0, text);
        let sealed = sealed.ok_or_else(|| Error::Internal {
            why: "a cursor could not be sealed".to_owned(),
        })?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The place of a cursor.
    ///
    /// # Errors
    /// 400 `invalidCursor` when it was not given out for this query, `expiredCursor` when it is too old.
    pub(super) fn open_cursor(&self, binding: &Binding, cursor: &str) -> Result<Position> {
        let opened = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|sealed| self.keys().open_cursor(&binding.0, sealed))
            .and_then(|text| read(&text));
        let Some((issued, place)) = opened else {
            return Err(scim::Error::new(
                ErrorKind::InvalidCursor,
                "The cursor was not given out for this query: send nextCursor as it was answered, with the same \
                 parameters; an empty cursor is the first page.",
            )
            .into());
        };
        let now = self.clock().now();
        let is_old = now.as_second().saturating_sub(issued) > i64::from(CURSOR_SECONDS);
        if is_old || issued > latest_past(now).as_second() {
            let detail = format!(
                "The cursor is not from the last {CURSOR_SECONDS} seconds: begin again with an empty one."
            );
            return Err(scim::Error::new(ErrorKind::ExpiredCursor, detail).into());
        }
        Ok(place)
    }
}

fn written(issued: i64, place: &Position) -> Vec<u8> {
    let key = place.key.as_deref().unwrap_or_default();
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    let mut bytes = vec![LAYOUT];
    bytes.extend_from_slice(&issued.to_be_bytes());
    bytes.push(u8::from(place.key.is_some()));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(place.id.as_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Option<(i64, Position)> {
    let (&[LAYOUT], rest) = bytes.split_first_chunk::<1>()? else {
        return None;
    };
    let (issued, rest) = rest.split_first_chunk::<8>()?;
    let (&[has_key], rest) = rest.split_first_chunk::<1>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (key, id) = rest.split_at_checked(length)?;
    let key = String::from_utf8(key.to_vec()).ok()?;
    let place = Position {
        key: (has_key == 1).then_some(key),
        id: String::from_utf8(id.to_vec()).ok()?,
    };
    Some((i64::from_be_bytes(*issued), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for key in [None, Some(""), Some("ä\u{1}b")] {
            let place = Position {
                key: key.map(str::to_owned),
                id: "0198".to_owned(),
            };
            let bytes = written(-5, &place);
            assert_eq!(read(&bytes), Some((-5, place)));
            for end in 0..14 + key.unwrap_or_default().len() {
                assert_eq!(read(&bytes[..end]), None);
            }
        }
        assert_eq!(read(&[2; 20]), None);
    }
}
