//! The end of an HTTP/2 request whose client has reset the stream or closed the connection.
//!
//! Over HTTP/1.1 the server drops the handler of a closed connection itself. Over HTTP/2 each stream has a task of its own
//! that nobody tells, so that the stream is asked from time to time.

use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::{ErrorServiceUnavailable, PayloadError};
use actix_web::http::{Method, Version};
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::future::{Either, select};
use futures_util::stream::Stream;

/// How often a stream is asked: a scan that nobody waits for runs so much longer.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Watches the stream of one request.
pub(super) struct Reset(Rc<Shared>);

/// The body of a request, as its handler reads it and its watcher asks it.
struct Shared {
    payload: RefCell<Payload>,
    /// Whether the handler needs nothing more of the body, so that the watcher takes nothing from it.
    is_read: Cell<bool>,
}

/// The handler's side of it.
struct SharedPayload(Rc<Shared>);

impl Reset {
    /// The watcher of a request over HTTP/2.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        if request.version() != Version::HTTP_2 {
            return None;
        }
        let has_body = ![Method::GET, Method::HEAD, Method::DELETE].contains(request.method());
        let shared = Rc::new(Shared {
            payload: RefCell::new(request.take_payload()),
            is_read: Cell::new(!has_body),
        });
        let payload = SharedPayload(Rc::clone(&shared));
        request.set_payload(Payload::Stream {
            payload: Box::pin(payload),
        });
        Some(Self(shared))
    }

    /// Runs `served` until it is done or the client has gone.
    pub(super) async fn end<T>(
        self,
        served: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match select(pin!(served), pin!(self.happens())).await {
            Either::Left((served, _)) => served,
            Either::Right(((), _)) => {
                tracing::debug!("the client has reset the stream");
                Err(ErrorServiceUnavailable("the client has reset the stream"))
            }
        }
    }

    async fn happens(&self) {
        loop {
            sleep(LOOK_EVERY).await;
            if self.0.is_read.get() && self.has_happened().await {
                return;
            }
        }
    }

    /// Asks the stream once, without waiting for anything.
    async fn has_happened(&self) -> bool {
        std::future::poll_fn(|context| {
            let mut payload = self.0.payload.borrow_mut();
            let found = Pin::new(&mut *payload).poll_next(context);
            Poll::Ready(matches!(found, Poll::Ready(Some(Err(_)))))
        })
        .await
    }
}

impl Stream for SharedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut payload = self.0.payload.borrow_mut();
        let found = Pin::new(&mut *payload).poll_next(context);
        if matches!(found, Poll::Ready(None)) {
            self.0.is_read.set(true);
        }
        found
    }
}
