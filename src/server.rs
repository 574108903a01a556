//! The HTTP server around a gateway: where it listens, how long it waits, how it stops.

mod accept;
mod descriptors;
mod job;
mod jobs;
mod listen;
mod registry;
mod stream;
mod watch;

use std::io;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::net::TcpSocket;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{dev, rt};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};

use crate::config;
use crate::service;
use crate::service::Gateway;
use accept::Acceptor;
use jobs::Jobs;
use registry::ConnectionRegistry;

/// How long the background jobs may take to finish what they are about, when the gateway stops.
const JOBS_FINISH_WITHIN: Duration = Duration::from_secs(2);

/// Connections that wait to be accepted; as many as actix itself would let wait.
const BACKLOG: u32 = 1024;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}; set server.listen to an address that is free")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// The certificate cannot be served.
    #[error("cannot serve TLS: {0}")]
    Tls(String),
    /// The service failed while starting.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// The system refused something else.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT. What runs then is finished, and the store is closed.
pub fn serve(gateway: Gateway) -> Result<(), Error> {
    descriptors::raise_limit();
    rt::System::new().block_on(async move {
        let listener = listen(gateway.settings().server.listen)?;
        let server = Server::new(gateway.clone(), listener)?;
        greet(&gateway).await?;
        let (stopper, signalled) = (server.stopper(), until_signal()?);
        rt::spawn(async move {
            signalled.await;
            stopper.stop().await;
        });
        server.run().await
    })
}

/// A server that is bound to its address and will answer as soon as it runs.
pub struct Server {
    gateway: Gateway,
    address: SocketAddr,
    registry: ConnectionRegistry,
    running: dev::Server,
}

/// Stops a server, also from another thread.
#[derive(Clone)]
pub struct Stopper(dev::ServerHandle);

impl Server {
    /// A server for `gateway` on `listener`. Must be called, and run, within an actix system.
    pub fn new(gateway: Gateway, listener: TcpListener) -> Result<Self, Error> {
        let address = listener.local_addr()?;
        let (limit, others) = (descriptors::limit(), descriptors::count_others(0));
        let registry = ConnectionRegistry::new(gateway.clone(), limit, others);
        let acceptor = Acceptor::new(registry.clone(), tls(&gateway)?);
        let max_connections = registry::max_accepted(limit, others);
        let running = listen::listen(&gateway, listener, acceptor, max_connections)?;
        Ok(Self {
            gateway,
            address,
            registry,
            running,
        })
    }

    /// The address that is listened on, with the port that the system chose if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops this server.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.running.handle())
    }

    /// Serves until it is stopped, and then closes the gateway.
    pub async fn run(self) -> Result<(), Error> {
        let url = &self.gateway.settings().server.public_url;
        self.gateway.pin_groups().await?;
        let retention = rt::spawn(job::run(self.gateway.clone()));
        let watch = rt::spawn(watch::run(self.registry));
        tracing::info!(address = %self.address, public_url = %url, "serving");
        let jobs = Jobs::start(&self.gateway);
        let served = self.running.await;
        retention.abort();
        watch.abort();
        if rt::time::timeout(JOBS_FINISH_WITHIN, jobs.stop())
            .await
            .is_err()
        {
            tracing::warn!("the background jobs did not finish in time");
        }
        served?;
        self.gateway.close();
        tracing::info!("stopped");
        Ok(())
    }
}

impl Stopper {
    /// Accepts nothing more, lets what runs finish for a while, and returns when all connections are closed.
    pub async fn stop(&self) {
        tracing::info!("stopping");
        self.0.stop(true).await;
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let bound = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    bound().map_err(|why| Error::Listen { address, why })
}

/// TLS 1.2 or newer (RFC 7644 §7.2), when the settings name a certificate.
fn tls(gateway: &Gateway) -> Result<Option<ServerConfig>, Error> {
    let server = &gateway.settings().server;
    let (Some(cert), Some(key)) = (&server.tls_cert, &server.tls_key) else {
        return Ok(None);
    };
    let certified = config::read_tls(cert, key).map_err(Error::Tls)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|why| Error::Tls(why.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Ok(Some(config))
}

/// What the first start prints, once: all that an identity provider asks for, and a line to try it.
async fn greet(gateway: &Gateway) -> Result<(), Error> {
    let Some(token) = gateway.first_token().await? else {
        return Ok(());
    };
    let (base, launchpad) = (gateway.base(), gateway.open_launchpad().await?);
    let launchpad = launchpad.expose();
    writeln!(
        io::stdout(),
        "SCIM base URL:  {base}\n\
         Bearer token:   {token}\n\
         (valid for 24 hours; make one that lasts with `muster token create NAME`)\n\
         \n\
         Try it:\n\
         \n    curl -H 'Authorization: Bearer {token}' '{base}/Users'\n\
         \n\
         Make yourself the first administrator (once, within 24 hours):\n\
         \n    {launchpad}\n"
    )?;
    Ok(())
}

/// Registers the handlers of SIGTERM and SIGINT; the future ends with the first of the two.
fn until_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let (terminate, interrupt) = (Box::pin(terminate.recv()), Box::pin(interrupt.recv()));
        futures_util::future::select(terminate, interrupt).await;
    })
}
