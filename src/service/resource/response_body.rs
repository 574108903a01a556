//! The body of a response: text, and the members of large groups, which are rendered while they are sent.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use futures_util::stream::Stream;

use super::members::SLICE;
use super::packed_members::PackedMembers;
use super::render::Joined;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::service::response_memory::ResponseLease;
use crate::service::{Error, Gateway, Result};
use crate::store::{Record, StoredMember, Tx, Viewer};

/// What is reserved for the piece of members that is being sent: a chunk or slice of some 1,000 members is 180 KiB
/// of text.
const PIECE_BYTES: usize = 256 * 1024;

/// Members that one response may read in its transaction; those behind them are read in slices. A million take about
/// a second, half of what a read may take.
const MAX_PACKED_MEMBERS: usize = 1_000_000;

/// The body of a response, and the memory that it holds.
pub struct ResponseBody {
    text: Bytes,
    rest: VecDeque<Segment>,
    lease: ResponseLease,
}

/// A part of a body.
pub(super) enum Segment {
    /// Text that is complete.
    Text(Bytes),
    /// Members that follow those in the text before.
    Members(Box<FurtherMembers>),
}

/// The members of a group behind its first slice.
pub(super) struct FurtherMembers {
    rt: Arc<ResourceType>,
    projection: Projection,
    packed: PackedMembers,
    unread: Option<UnreadMembers>,
    /// The text of the resource behind its last member.
    end: Vec<u8>,
}

/// The members that did not fit into memory. They are read in slices, as long as the group stays at its version.
struct UnreadMembers {
    viewer: Viewer,
    group: String,
    version: i64,
    after: String,
}

/// A resource, and what of it is shown to whom.
pub(super) struct ResourceView<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) rt: &'a Arc<ResourceType>,
    pub(super) record: &'a Record,
    pub(super) projection: &'a Projection,
}

/// A resource as JSON text; that of a large group is cut behind its last member.
pub(super) struct RenderedResource {
    text: Vec<u8>,
    more: Option<Box<FurtherMembers>>,
}

impl AsRef<[u8]> for RenderedResource {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl RenderedResource {
    /// Returns true if members follow the text.
    pub(super) fn is_cut(&self) -> bool {
        self.more.is_some()
    }

    /// Returns the body of a response with this resource alone.
    pub(super) fn into_body(self, lease: ResponseLease) -> ResponseBody {
        let mut rest = VecDeque::new();
        if let Some(mut members) = self.more {
            let end = std::mem::take(&mut members.end);
            rest.push_back(Segment::Members(members));
            rest.push_back(Segment::Text(end.into()));
        }
        ResponseBody {
            text: self.text.into(),
            rest,
            lease,
        }
    }
}

impl ResponseBody {
    /// Returns a body of text alone, whose bytes `lease` has reserved.
    pub(in crate::service) fn of_text(text: Bytes, lease: ResponseLease) -> Self {
        Self {
            text,
            rest: VecDeque::new(),
            lease,
        }
    }

    /// Returns the body of a list: `empty` is the list without its resources, which end it before its last two brackets.
    pub(super) fn of_list(
        empty: &[u8],
        resources: Vec<RenderedResource>,
        lease: ResponseLease,
    ) -> Self {
        let (opening, closing) = empty.split_at(empty.len().saturating_sub(2));
        let mut text = opening.to_vec();
        let mut segments = VecDeque::new();
        for (position, resource) in resources.into_iter().enumerate() {
            if position > 0 {
                text.push(b',');
            }
            text.extend_from_slice(&resource.text);
            if let Some(mut members) = resource.more {
                let end = std::mem::take(&mut members.end);
                segments.push_back(Segment::Text(std::mem::replace(&mut text, end).into()));
                segments.push_back(Segment::Members(members));
            }
        }
        text.extend_from_slice(closing);
        segments.push_back(Segment::Text(text.into()));
        Self {
            text: Bytes::new(),
            rest: segments,
            lease,
        }
    }

    /// Returns the text of a body that is nothing else.
    pub(super) fn text(&self) -> Option<&Bytes> {
        self.rest.is_empty().then_some(&self.text)
    }

    /// Returns the text of a body that is nothing else, and the lease to be held until it is sent.
    ///
    /// # Errors
    /// The body itself, where members follow; it is sent by [`Gateway::stream_body`].
    pub fn into_text(self) -> std::result::Result<(Bytes, ResponseLease), Self> {
        if self.rest.is_empty() {
            Ok((self.text, self.lease))
        } else {
            Err(self)
        }
    }
}

impl Gateway {
    /// Renders a resource with what is joined to it. Of a group with more members than were joined, the others are read in
    /// the same transaction, as far as there is memory for them.
    pub(super) fn rendered(
        &self,
        tx: &mut Tx<'_>,
        view: &ResourceView<'_>,
        joined: &Joined,
        lease: &mut ResponseLease,
    ) -> Result<RenderedResource> {
        let ResourceView {
            viewer,
            rt,
            record,
            projection,
        } = *view;
        let last = joined.members.last();
        let is_full = joined.members.len() >= SLICE as usize;
        let Some(last) = last.filter(|_| is_full) else {
            let text = self.render(rt, record, joined, projection)?;
            lease.reserve(text.len())?;
            return Ok(RenderedResource { text, more: None });
        };
        let (text, end) = self.render_open(rt, record, joined, projection)?;
        lease.reserve(text.len() + end.len() + PIECE_BYTES)?;
        let (packed, after) = pack(tx, viewer, record, &last.value, lease)?;
        let unread = after.map(|after| UnreadMembers {
            viewer: viewer.clone(),
            group: record.id.clone(),
            version: record.version,
            after,
        });
        let members = FurtherMembers {
            rt: Arc::clone(rt),
            projection: projection.clone(),
            packed,
            unread,
            end,
        };
        Ok(RenderedResource {
            text,
            more: Some(Box::new(members)),
        })
    }

    /// Returns a body piece by piece. No transaction is open while the client takes its time.
    ///
    /// # Errors
    /// The stream fails, so that the response ends early, when a group that did not fit into memory has changed.
    pub fn stream_body(&self, body: ResponseBody) -> impl Stream<Item = Result<Bytes>> + use<> {
        let gateway = self.clone();
        stream::try_unfold(body, move |mut body| {
            let gateway = gateway.clone();
            async move {
                loop {
                    if !body.text.is_empty() {
                        let piece = std::mem::take(&mut body.text);
                        return Ok(Some((piece, body)));
                    }
                    match body.rest.pop_front() {
                        None => return Ok(None),
                        Some(Segment::Text(text)) => body.text = text,
                        Some(Segment::Members(mut members)) => {
                            let piece = gateway.next_piece(&mut members, &mut body.lease).await?;
                            if let Some(piece) = piece {
                                body.text = piece;
                                body.rest.push_front(Segment::Members(members));
                            }
                        }
                    }
                }
            }
        })
    }

    /// Renders the next members; `None` when there are no more.
    async fn next_piece(
        &self,
        members: &mut FurtherMembers,
        lease: &mut ResponseLease,
    ) -> Result<Option<Bytes>> {
        let FurtherMembers {
            rt,
            projection,
            packed,
            unread,
            end: _,
        } = members;
        let next = match (packed.take_chunk(), unread) {
            (Some((chunk, bytes)), _) => {
                lease.release(bytes);
                chunk
            }
            (None, Some(unread)) => self.read_slice(rt, unread).await?,
            (None, None) => Vec::new(),
        };
        if next.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.continued(rt, projection, &next)?.into()))
    }

    /// Reads the next members of a group that is still at its version.
    async fn read_slice(
        &self,
        rt: &Arc<ResourceType>,
        unread: &mut UnreadMembers,
    ) -> Result<Vec<StoredMember>> {
        let (rt, viewer) = (Arc::clone(rt), unread.viewer.clone());
        let (id, version, after) = (unread.group.clone(), unread.version, unread.after.clone());
        let read = move |tx: &mut Tx<'_>| {
            let group = tx.get(&viewer, &rt, &id)?;
            let Some(group) = group.filter(|group| group.version == version) else {
                return Ok(None);
            };
            tx.members(&viewer, &group, Some(&after), SLICE).map(Some)
        };
        let slice: crate::store::Result<_> = self.store().read(read).await;
        let Some(slice) = slice? else {
            let group = unread.group.as_str();
            tracing::info!(
                group,
                "a group changed while it was sent in parts; the response was broken off"
            );
            return Err(Error::Unavailable {
                why: format!("group {group} changed while it was sent in parts"),
            });
        };
        if let Some(last) = slice.last() {
            unread.after.clone_from(&last.value);
        }
        Ok(slice)
    }
}

/// Reads the members behind `after`, and returns the id of the last one where memory ended before the group did.
fn pack(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    group: &Record,
    after: &str,
    lease: &mut ResponseLease,
) -> Result<(PackedMembers, Option<String>)> {
    let mut packed = PackedMembers::default();
    let mut after = after.to_owned();
    let mut count = 0;
    loop {
        let slice = tx.members(viewer, group, Some(&after), SLICE)?;
        for member in &slice {
            let mut reserve = |bytes| lease.reserve(bytes).is_ok();
            if count == MAX_PACKED_MEMBERS || !packed.push(member, &mut reserve) {
                return Ok((packed, Some(after)));
            }
            count += 1;
            after.clone_from(&member.value);
        }
        if slice.len() < SLICE as usize {
            return Ok((packed, None));
        }
    }
}
