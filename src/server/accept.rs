//! The life of one TCP connection: registered, encrypted where set up, served, and closed in time.

use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Protocol;
use actix_http::error::DispatchError;
use actix_service::Service;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use futures_util::future::{Either, select};
use rustls::ServerConfig;
use socket2::SockRef;
use tokio_rustls::TlsAcceptor;

use super::registry::ConnectionRegistry;
use super::stream::{TrackedStream, Transport};
use crate::http::NO_PROGRESS_LIMIT;

/// A TLS handshake takes two round trips; 3 s are enough for a modem.
const TLS_HANDSHAKE_WITHIN: Duration = Duration::from_secs(3);
/// Bytes of a response that wait in the kernel without being on their way. The socket takes more
/// when half of them are gone, so that the progress of a client that reads 1 KiB/s is seen every
/// 16 s, and unread responses wait where they are counted.
const MAX_UNSENT_BYTES: u32 = 32 * 1024;

/// Accepts the connections of one listener. Clones share the registry.
#[derive(Clone)]
pub(super) struct Acceptor {
    registry: ConnectionRegistry,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    pub(super) fn new(registry: ConnectionRegistry, tls: Option<ServerConfig>) -> Self {
        let tls = tls.map(|mut config| {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            TlsAcceptor::from(Arc::new(config))
        });
        Self { registry, tls }
    }

    /// Serves a connection until one side closes it.
    pub(super) async fn serve<S>(self, socket: TcpStream, http: Rc<S>) -> Result<(), ()>
    where
        S: Service<(Transport, Protocol, Option<SocketAddr>), Response = (), Error = DispatchError>,
    {
        // A client that is gone already has no address.
        let Ok(peer) = socket.peer_addr() else {
            return Ok(());
        };
        let lease = self.registry.admit(peer.ip());
        limit_unread(&socket);
        let stream = TrackedStream::new(socket, Arc::clone(lease.activity()));
        let served = pin!(async {
            let (transport, protocol) = encrypt(self.tls, stream).await?;
            http.call((transport, protocol, Some(peer))).await.ok()
        });
        let closed = pin!(lease.activity().closed());
        match select(served, closed).await {
            Either::Left(_) => tracing::trace!(%peer, "connection closed"),
            Either::Right(_) => tracing::debug!(%peer, "connection closed by the server"),
        }
        Ok(())
    }
}

/// The stream that HTTP is spoken over, and which HTTP; `None` if the handshake fails.
async fn encrypt(tls: Option<TlsAcceptor>, stream: TrackedStream) -> Option<(Transport, Protocol)> {
    let Some(tls) = tls else {
        return Some((Transport::Plain(stream), Protocol::Http1));
    };
    let stream = timeout(TLS_HANDSHAKE_WITHIN, tls.accept(stream)).await;
    let stream = stream.ok()?.ok()?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let protocol = if is_http2 {
        Protocol::Http2
    } else {
        Protocol::Http1
    };
    Some((Transport::Tls(Box::new(stream)), protocol))
}

/// Lets the kernel give up a client that acknowledges nothing, also after the gateway has closed,
/// and bounds what waits there. A kernel without these options serves as well.
fn limit_unread(socket: &TcpStream) {
    let socket = SockRef::from(socket);
    let set = socket
        .set_tcp_user_timeout(Some(NO_PROGRESS_LIMIT))
        .and_then(|()| socket.set_tcp_notsent_lowat(MAX_UNSENT_BYTES));
    if let Err(error) = set {
        tracing::debug!(%error, "the kernel does not limit unread responses");
    }
}
