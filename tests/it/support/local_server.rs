//! A server of a test's own: a port, and a thread, so that the test may block
//! on a process that talks to it.

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A running server. Stops when dropped.
#[derive(Debug)]
pub(crate) struct LocalServer {
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl LocalServer {
    /// A server that does this with every connection.
    pub(crate) fn start<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("tokio asks for that");
        let address = listener.local_addr().expect("the port that was bound");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a socket that listens");
                tokio::select! {
                    () = serve(listener, handle) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, running: Some((stop, thread)) }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ended_before = stop.send(());
            let _panicked = thread.join();
        }
    }
}

/// Does this with every connection, side by side.
pub(crate) async fn serve<F>(listener: TcpListener, handle: impl Fn(TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    // Accepting fails when the listener is beyond hope; the test will see refusals.
    while let Ok((client, _)) = listener.accept().await {
        // Either side may hang up at any time; that ends one connection and is no failure.
        let connection = handle(client);
        connections.spawn(async move { connection.await.ok() });
    }
}

/// Where `http://HOST:PORT` is.
pub(crate) fn address_of(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("http://HOST:PORT")
}
