//! The answer of a group that is too large to be held: its head, then slices of members that are read while it is sent.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use futures_util::stream::Stream;

use super::members::SLICE;
use super::render::Joined;
use super::{Answer, condition};
use crate::scim::project::Projection;
use crate::scim::query::Preference;
use crate::scim::schema::ResourceType;
use crate::service::{Error, Gateway, Result};
use crate::store::{Record, StoredMember, Tx, Viewer};

/// The members of a group behind those that its head has, and how the answer ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    rt: Arc<ResourceType>,
    viewer: Viewer,
    group: Record,
    after: String,
    projection: Projection,
    end: Bytes,
}

impl Rest {
    pub(super) fn rt(&self) -> &ResourceType {
        &self.rt
    }

    pub(super) fn projection(&self) -> &Projection {
        &self.projection
    }
}

impl Gateway {
    /// The answer for a record; of a group with more members than were read, its beginning and what is still to be
    /// read. Members added or removed meanwhile may or may not be in it, as in any list that is read in pages.
    pub(super) fn begun(
        &self,
        viewer: Viewer,
        rt: &Arc<ResourceType>,
        record: &Record,
        joined: &Joined,
        projection: &Projection,
    ) -> Result<Answer> {
        let last = joined.members.last();
        let more = joined.members.len() >= SLICE as usize;
        let Some(last) = last.filter(|_| more) else {
            return self.answer(rt, record, joined, projection, Preference::None);
        };
        let (head, end) = self.render_open(rt, record, joined, projection)?;
        Ok(Answer {
            body: Some(head.into()),
            rest: Some(Box::new(Rest {
                rt: Arc::clone(rt),
                viewer,
                group: record.clone(),
                after: last.value.clone(),
                projection: projection.clone(),
                end: end.into(),
            })),
            location: self.location(rt, &record.id),
            etag: condition::etag(record),
            preference: Preference::None,
        })
    }

    /// What follows the beginning of an answer, piece by piece. Each slice is a read of its own: none is open while the
    /// client takes its time.
    pub fn rest(&self, rest: Rest) -> impl Stream<Item = Result<Bytes>> + use<> {
        let gateway = self.clone();
        stream::try_unfold(Some(rest), move |rest| {
            let gateway = gateway.clone();
            async move {
                let Some(mut rest) = rest else {
                    return Ok(None);
                };
                let slice = gateway.members_behind(&rest).await?;
                let mut text = gateway.continued(&rest, &slice)?;
                let next = if let Some(last) = slice.into_iter().next_back() {
                    rest.after = last.value;
                    Some(rest)
                } else {
                    text.extend_from_slice(&rest.end);
                    None
                };
                Ok(Some((Bytes::from(text), next)))
            }
        })
    }

    async fn members_behind(&self, rest: &Rest) -> Result<Vec<StoredMember>> {
        let Rest {
            viewer,
            group,
            after,
            ..
        } = rest.clone();
        let read = move |tx: &mut Tx<'_>| tx.members(&viewer, &group, Some(&after), SLICE);
        self.store().read(read).await.map_err(Error::from)
    }
}
