//! Serving a router until the program is told to stop.

use std::{convert::Infallible, error::Error, fmt, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower_service::Service;

use crate::router::RouterError;

/// How long requests under way may take after the signal to stop: one that never ends must not keep the program.
const MAX_DRAIN: Duration = Duration::from_secs(30);
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Beyond, the answer is 431.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Where the system has no more sockets, trying again at once would only take the time of those that are open.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Serves the router at this address until Ctrl-C or SIGTERM; requests under way then have 30 seconds to finish.
///
/// It speaks HTTP/1.1, and knows the address of each connection ([`ClientAddress`](crate::ClientAddress)). A connection that does
/// not send the head of a request within 30 seconds is closed ([`Server::header_timeout`]); a head is 64 KiB at most. Bodies that
/// this library reads, those of forms, have 30 seconds to come; a handler of your own that reads a body sets its own limit.
///
/// It takes a [`SecureRouter`](crate::SecureRouter) and an [`axum::Router`], so that layers can be added in between.
///
/// ```no_run
/// # use auth_runtime::prelude::*;
/// # #[get("/")]
/// # #[public]
/// # async fn root() {}
/// # async fn run() -> Result<(), ServeError> {
/// serve("127.0.0.1:8000", SecureRouter::new().mount(root)).await
/// # }
/// ```
///
/// # Errors
/// [`ServeError`] if the router has conflicts, the address is in use or not this machine's, or the listener breaks.
pub async fn serve<R>(address: &str, router: R) -> Result<(), ServeError>
where
    R: TryInto<Router>,
    ServeError: From<R::Error>,
{
    Server::bind(address, router).await?.run().await
}

/// A router that is bound to an address, and not yet served: for programs that say where they listen, or that leave the
/// choice of a port to the system (`127.0.0.1:0`).
#[derive(Debug)]
#[must_use = "nothing is served before `.run()`"]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    header_timeout: Duration,
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    /// As [`serve`].
    pub async fn bind<R>(address: &str, router: R) -> Result<Self, ServeError>
    where
        R: TryInto<Router>,
        ServeError: From<R::Error>,
    {
        let router = router.try_into()?;
        let failed = |source| ServeError::Bind { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, router, header_timeout: HEADER_TIMEOUT })
    }

    /// How long a connection may take for the head of a request, and may be open without one: 30 seconds by default.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// None so far: what goes wrong with a connection is logged, and ends that connection.
    pub async fn run(self) -> Result<(), ServeError> {
        let mut stop = pin!(shutdown_signal());
        // Each connection holds a receiver: when none is left, all have ended.
        let (open, told) = watch::channel(());
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(converse(stream, peer, self.router.clone(), self.header_timeout, told.clone()));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(event = "serve.accept_failed", %error);
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        drop((self.listener, told));
        // Nobody may be there to hear it.
        let _ = open.send(());
        if tokio::time::timeout(MAX_DRAIN, open.closed()).await.is_err() {
            tracing::warn!(event = "serve.cut_off", "requests that were still under way are cut off");
        }
        Ok(())
    }
}

/// Who hung up before anything was said says nothing of the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers the requests of one connection, until it ends or, after the one under way, the program does.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_timeout: Duration,
    mut told: watch::Receiver<()>,
) {
    // An answer is one write: there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_header_size(MAX_HEADER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer).with_upgrades());
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        _ = told.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(event = "serve.connection_failed", %error);
    }
}

/// Why a router is not, or no longer, served.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The router has conflicts.
    Router(RouterError),
    /// The address cannot be listened at.
    Bind {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The listener broke.
    Serve(io::Error),
}

impl From<RouterError> for ServeError {
    fn from(error: RouterError) -> Self {
        Self::Router(error)
    }
}

impl From<Infallible> for ServeError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Router(error) => error.fmt(f),
            Self::Bind { address, source } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    write!(f, "{address} is in use: another program listens there; stop it, or choose another port")
                }
                io::ErrorKind::PermissionDenied => {
                    write!(f, "{address} may not be listened at by this user: choose a port from 1024 upwards")
                }
                _ => write!(f, "{address} cannot be listened at: {source}"),
            },
            Self::Serve(_) => f.write_str("the listener broke"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Their texts hold those of their causes.
            Self::Router(_) | Self::Bind { .. } => None,
            Self::Serve(source) => Some(source),
        }
    }
}

async fn shutdown_signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupted.await;
            return;
        };
        // Whichever comes first.
        let mut interrupted = std::pin::pin!(interrupted);
        std::future::poll_fn(|context| {
            if interrupted.as_mut().poll(context).is_ready() || terminated.poll_recv(context).is_ready() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
    #[cfg(not(unix))]
    {
        let _ = interrupted.await;
    }
}
