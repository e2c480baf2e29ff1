//! A TCP proxy that makes a near service look far away.
//!
//! Each answer is held back by a fixed time, as if the way took so long. On an
//! emulator everything answers at once and a chain of twenty calls is as quick
//! as four rounds of five; behind this proxy the number of rounds shows. It
//! counts connections and exchanges besides. An exchange is what the client
//! sends and what comes back before the client sends again; all that it knows
//! of HTTP is that `100 Continue` answers nothing yet.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::local_server::{LocalServer, address_of};

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct DelayProxy {
    server: LocalServer,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    exchanges: AtomicUsize,
}

impl DelayProxy {
    /// A proxy before `url`, which is `http://HOST:PORT`.
    pub(crate) fn start(url: &str, delay: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let (target, counting) = (address_of(url), Arc::clone(&counts));
        let server =
            LocalServer::start(move |client| relay(client, target, delay, Arc::clone(&counting)));
        Self { server, counts }
    }

    /// Where to send calls instead.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many calls there were.
    pub(crate) fn exchanges(&self) -> usize {
        self.counts.exchanges.load(Ordering::SeqCst)
    }
}

/// How an answer begins that only asks for the rest of the question.
const INTERIM: &[u8] = b"HTTP/1.1 100 ";

async fn relay(
    mut client: TcpStream,
    target: SocketAddr,
    delay: Duration,
    counts: Arc<Counts>,
) -> io::Result<()> {
    counts.connections.fetch_add(1, Ordering::SeqCst);
    let mut server = TcpStream::connect(target).await?;
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut waiting = false;
    loop {
        tokio::select! {
            count = client.read(&mut asked) => match count? {
                0 => return Ok(()),
                count => {
                    waiting = true;
                    server.write_all(&asked[..count]).await?;
                }
            },
            count = server.read(&mut answered) => match count? {
                0 => return Ok(()),
                count => {
                    if waiting && !answered[..count].starts_with(INTERIM) {
                        waiting = false;
                        counts.exchanges.fetch_add(1, Ordering::SeqCst);
                        far_away(delay).await;
                    }
                    client.write_all(&answered[..count]).await?;
                }
            },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the time on the way is what this proxy is for")]
async fn far_away(delay: Duration) {
    tokio::time::sleep(delay).await;
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::super::local_server::serve;
    use super::*;

    const DELAY: Duration = Duration::from_millis(100);

    async fn echo(listener: TcpListener) {
        while let Ok((mut peer, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = peer.split();
                tokio::io::copy(&mut read, &mut write).await.ok();
            });
        }
    }

    async fn ask(stream: &mut TcpStream, question: &str) {
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answer = vec![0; question.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, question.as_bytes());
    }

    /// The clock of this test stands still unless all wait for it.
    #[tokio::test(start_paused = true)]
    async fn each_answer_is_held_back_once() {
        let listen = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (far, near) = (listen().await, listen().await);
        let (target, address) = (far.local_addr().unwrap(), near.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        tokio::spawn(echo(far));
        let counting = Arc::clone(&counts);
        tokio::spawn(serve(near, move |client| {
            relay(client, target, DELAY, Arc::clone(&counting))
        }));

        let start = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        ask(&mut stream, "one").await;
        ask(&mut stream, "two").await;
        assert_eq!(start.elapsed().as_millis(), 2 * DELAY.as_millis());

        let mut others = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let [first, second] = &mut others;
        tokio::join!(ask(first, "three"), ask(second, "four"));
        assert_eq!(start.elapsed().as_millis(), 3 * DELAY.as_millis(), "together, so one round");
        assert_eq!(counts.connections.load(Ordering::SeqCst), 3);
        assert_eq!(counts.exchanges.load(Ordering::SeqCst), 4);

        ask(&mut stream, "HTTP/1.1 100 Continue").await;
        assert_eq!(start.elapsed().as_millis(), 3 * DELAY.as_millis(), "no answer yet");
        assert_eq!(counts.exchanges.load(Ordering::SeqCst), 4);
    }
}
