//! The body of a response, which notes how far the client has read it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;

use super::RequestInProgress;

/// The transport gets a body in parts of at most this size, which is also what HTTP/2 sends in one
/// frame. A client that reads 1 KiB/s takes one part in 16 s, so its progress is seen within the
/// 30 s that a client may pause, and what HTTP/1 copies into its buffer is bounded.
const MAX_PART_BYTES: usize = 16 * 1024;

pin_project! {
    /// The body of a response with the request that it answers.
    pub(in crate::http) struct TrackedBody<B> {
        #[pin]
        body: B,
        rest: Bytes,
        request: Option<RequestInProgress>,
    }
}

impl<B> TrackedBody<B> {
    pub(in crate::http) fn new(body: B, request: Option<RequestInProgress>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            request,
        }
    }
}

impl<B: MessageBody> MessageBody for TrackedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            if let Some(request) = this.request {
                request.set_waiting_for_response();
            }
            match ready!(this.body.poll_next(cx)) {
                Some(Ok(bytes)) => *this.rest = bytes,
                end => return Poll::Ready(end),
            }
        }
        let part = this.rest.split_to(this.rest.len().min(MAX_PART_BYTES));
        if let Some(request) = this.request {
            request.add_taken(part.len());
        }
        Poll::Ready(Some(Ok(part)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::FutureExt;

    use super::*;

    fn next<B: MessageBody<Error = Infallible>>(body: Pin<&mut TrackedBody<B>>) -> Option<Bytes> {
        let mut body = body;
        std::future::poll_fn(|cx| body.as_mut().poll_next(cx))
            .now_or_never()
            .unwrap()
            .map(Result::unwrap)
    }

    #[test]
    fn a_long_body_comes_in_parts() {
        let text = vec![b'x'; 2 * MAX_PART_BYTES + 5];
        let mut body = std::pin::pin!(TrackedBody::new(Bytes::from(text), None));
        let sizes: Vec<usize> = std::iter::from_fn(|| next(body.as_mut()))
            .map(|part| part.len())
            .collect();
        assert_eq!(sizes, [MAX_PART_BYTES, MAX_PART_BYTES, 5]);
    }
}
