//! A body of known length that is handed on in pieces, so that its memory stays counted until the client has it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use crate::service::ResponseLease;

/// The size of a piece. actix copies a piece into the buffer of its connection and asks for the next one when less
/// than 32 KiB of that are left, so at most 96 KiB of a connection are not counted.
const PIECE_BYTES: usize = 64 * 1024;

/// The bytes that are still to be sent, and the lease that counts them; bytes that all responses share have none.
pub(super) struct PacedBody {
    rest: Bytes,
    _lease: Option<ResponseLease>,
}

impl PacedBody {
    pub(super) fn new(bytes: Bytes, lease: Option<ResponseLease>) -> Self {
        Self {
            rest: bytes,
            _lease: lease,
        }
    }
}

impl MessageBody for PacedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let rest = &mut self.rest;
        if rest.is_empty() {
            return Poll::Ready(None);
        }
        let piece = if rest.len() <= PIECE_BYTES {
            std::mem::take(rest)
        } else {
            rest.split_to(PIECE_BYTES)
        };
        Poll::Ready(Some(Ok(piece)))
    }
}
