//! The HTTP server on a listener: workers, timeouts, and how each connection reaches the app.

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{ServiceFactory, fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};

use super::accept::Acceptor;
use super::stream::Transport;
use crate::http::{self, OpenApi};
use crate::service::Gateway;

/// An idle connection is kept this long: longer than the 60 s after which usual proxies drop theirs,
/// so that none of them sends a request into a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A request head arrives within this time; of at most 128 KiB, even by a modem.
const HEAD_ARRIVES_WITHIN: Duration = Duration::from_secs(5);
/// What a client still sends after it was refused is read and dropped for so long, so that the
/// refusal reaches it.
const LINGER: Duration = Duration::from_secs(5);
/// How long requests go on when the gateway stops. A stop takes 10 s at most: these 4, up to one more until that is
/// noticed, 2 for the background jobs and 2.5 for the store.
const FINISH_WITHIN_SECONDS: u64 = 4;
/// What an HTTP/2 client may send of one body before the gateway has begun to read it: as much as the
/// standard says (RFC 9113 §6.5.2). With a round trip of 100 ms that is 650 kB a second.
const STREAM_WINDOW: u32 = 64 * 1024 - 1;
/// The same for all bodies of one connection: two at full speed. 256 connections of one address make
/// the gateway hold 32 MiB at most before it has looked at a request.
const CONNECTION_WINDOW: u32 = 2 * 64 * 1024;

/// Starts to serve `gateway` on `listener`. At `max_connections` the next ones wait in the kernel.
pub(super) fn listen(
    gateway: &Gateway,
    listener: TcpListener,
    acceptor: Acceptor,
    max_connections: usize,
) -> io::Result<Server> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let server = actix_server::Server::build()
        .workers(workers)
        .max_concurrent_connections(max_connections.div_ceil(workers))
        .shutdown_timeout(FINISH_WITHIN_SECONDS)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    let (gateway, openapi) = (gateway.clone(), OpenApi::new(gateway));
    let server = server.listen("muster", listener, move || {
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_ARRIVES_WITHIN)
            .client_disconnect_timeout(LINGER)
            .h2_initial_window_size(STREAM_WINDOW)
            .h2_initial_connection_window_size(CONNECTION_WINDOW)
            // A client that closes its side waits for nothing more: what was begun for it is dropped.
            .h1_allow_half_closed(false)
            .on_connect_ext(|transport: &Transport, data| {
                data.insert(Arc::clone(transport.activity()));
            })
            .finish(map_config(http::app(&gateway, &openapi), |()| {
                AppConfig::default()
            }));
        let acceptor = acceptor.clone();
        fn_factory(move || {
            let (starting, acceptor) = (http.new_service(()), acceptor.clone());
            async move {
                let http = Rc::new(starting.await?);
                Ok::<_, ()>(fn_service(move |socket| {
                    acceptor.clone().serve(socket, Rc::clone(&http))
                }))
            }
        })
    })?;
    Ok(server.run())
}
