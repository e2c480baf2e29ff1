//! Emulators of AWS, each a child process that ends with its [`Emulator`].

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ccprov::aws::{AccessKey, Connection, Session};
use tempfile::TempDir;
use tokio::time::Instant;

/// An emulator that answers.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub(crate) name: &'static str,
    pub(crate) connection: Connection,
    child: Child,
    /// Logs, and whatever else the emulator leaves behind.
    scratch: TempDir,
}

/// Policies are stored, not evaluated.
pub(crate) async fn ministack() -> Emulator {
    start("ministack", "http", &["AUTH=false"]).await
}

/// Policies are evaluated, over TLS, so that they may refuse plain http.
pub(crate) async fn ministack_enforcing() -> Emulator {
    start("ministack-enforcing", "https", &["AUTH=true", "USE_SSL=1"]).await
}

/// A second opinion on what reads back.
pub(crate) async fn moto() -> Emulator {
    start("moto", "http", &[]).await
}

async fn start(name: &'static str, scheme: &str, settings: &[&str]) -> Emulator {
    let scratch = TempDir::with_prefix("ccprov-contract-").expect("a scratch folder");
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
    let port = port.expect("a free port").port().to_string();
    let log = File::create(scratch.path().join("log")).expect("a log");
    let mut command = if name == "moto" { moto_command(&port) } else { ministack_command(&port) };
    command
        .envs(settings.iter().filter_map(|setting| setting.split_once('=')))
        // MiniStack makes its certificate here.
        .env("TMPDIR", scratch.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log"))
        .stderr(log);
    let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let connection = Connection {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(format!("{scheme}://127.0.0.1:{port}")),
        access_key: Some(AccessKey { id: "test".to_owned(), secret: "test".to_owned() }),
        ..Connection::default()
    };
    let mut emulator = Emulator { name, connection, child, scratch };
    emulator.wait_for_an_answer(scheme == "https").await;
    emulator
}

/// By its server, hypercorn: MiniStack's own start script would, under TLS and
/// as root, open port 443 beside the port that it is given.
fn ministack_command(port: &str) -> Command {
    let mut command = Command::new(tools().join("ministack/bin/hypercorn"));
    command
        .args(["--config", "python:ministack.core.hypercorn_conf", "--workers", "0"])
        .args(["--keep-alive", "75", "--bind", &format!("127.0.0.1:{port}")])
        .arg("ministack.app:app")
        .env("GATEWAY_PORT", port)
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("LOG_LEVEL", "WARNING");
    command
}

fn moto_command(port: &str) -> Command {
    let mut command = Command::new(tools().join("moto/bin/moto_server"));
    command.args(["--host", "127.0.0.1", "--port", port]);
    command
}

fn tools() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".tools");
    if own.exists() {
        return own;
    }
    let elsewhere: Option<OsString> = std::env::var_os("CCPROV_TOOLS");
    elsewhere.map_or(own, PathBuf::from)
}

impl Emulator {
    /// Asks until somebody answers. The pauses are those of the SDK between
    /// its attempts.
    async fn wait_for_an_answer(&mut self, secure: bool) {
        let certificate = self.scratch.path().join("ministack-tls/server.crt");
        // Importing all of an emulator takes seconds on a busy machine.
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            // It is no CA and signs itself: to trust it is to trust it alone.
            self.connection.ca_bundle = fs::read(&certificate).ok();
            let ready = !secure || self.connection.ca_bundle.is_some();
            let connection = self.connection.clone();
            let session = Session::connect(&connection).await.expect("a session");
            let answer = session.caller().await;
            if ready && answer.is_ok() {
                return;
            }
            let ended = self.child.try_wait().expect("the child's state");
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
                panic!("{} does not answer ({answer:?}); its log:\n{log}", self.name);
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
