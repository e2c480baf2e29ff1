//! Ctrl-C and SIGTERM, handed on to the run as requests to stop.

use std::convert::Infallible;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::stop::Stopper;

/// Signals that no longer end the process.
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    /// From now on, so that none is lost before somebody listens.
    pub(crate) fn catch() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// Waits for one.
    pub(crate) async fn first(mut self) {
        tokio::select! {
            () = next(&mut self.interrupt) => {}
            () = next(&mut self.terminate) => {}
        }
    }

    /// Hands on every signal, for ever. CI runners send INT, then TERM, then KILL
    /// within seconds: the first asks to finish, the second to give up waits.
    pub(crate) async fn hand_on(mut self, stopper: Stopper) -> Infallible {
        loop {
            tokio::select! {
                () = next(&mut self.interrupt) => stopper.ask(),
                () = next(&mut self.terminate) => stopper.ask(),
            }
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
