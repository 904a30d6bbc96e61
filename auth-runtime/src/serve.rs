//! Serving a router until the program is told to stop.

use std::{convert::Infallible, error::Error, fmt, future::IntoFuture, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::Notify};

use crate::router::RouterError;

/// How long requests under way may take after the signal to stop: one that never ends must not keep the program.
const MAX_DRAIN: Duration = Duration::from_secs(30);

/// Serves the router at this address until Ctrl-C or SIGTERM; requests under way then have 30 seconds to finish.
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
        Ok(Self { listener, address, router })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// [`ServeError`] if the listener breaks.
    pub async fn run(self) -> Result<(), ServeError> {
        let told = Arc::new(Notify::new());
        let tell = Arc::clone(&told);
        let served = axum::serve(self.listener, self.router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                shutdown_signal().await;
                tell.notify_one();
            });
        let patience = async {
            told.notified().await;
            tokio::time::sleep(MAX_DRAIN).await;
        };
        tokio::select! {
            served = served.into_future() => served.map_err(ServeError::Serve),
            () = patience => {
                tracing::warn!(event = "serve.cut_off", "requests that were still under way are cut off");
                Ok(())
            }
        }
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
