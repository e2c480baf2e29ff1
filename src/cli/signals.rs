//! Ctrl-C and SIGTERM, handed on to the run as requests to stop.

use std::convert::Infallible;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::stop::Stopper;

/// Hands on every signal, for ever. CI runners send INT, then TERM, then KILL
/// within seconds: the first asks to finish, the second to give up waits.
pub(crate) async fn listen(stopper: &Stopper) -> Infallible {
    let mut interrupt = signal(SignalKind::interrupt()).ok();
    let mut terminate = signal(SignalKind::terminate()).ok();
    loop {
        tokio::select! {
            () = next(&mut interrupt) => stopper.ask(),
            () = next(&mut terminate) => stopper.ask(),
        }
    }
}

async fn next(signals: &mut Option<Signal>) {
    let came = match signals {
        Some(signals) => signals.recv().await,
        None => None,
    };
    if came.is_none() {
        // Without a handler the system ends the process, as it always did.
        std::future::pending::<()>().await;
    }
}
