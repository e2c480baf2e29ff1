//! Ctrl-C, SIGTERM and a terminal that is closed, handed on to the run as
//! requests to stop.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::stop::Stopper;

/// Whether somebody ends in order when a signal comes. Signals are the process's,
/// and so is this.
static ARE_MINDED: AtomicBool = AtomicBool::new(false);

/// Signals that no longer end the process.
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Signals {
    /// From now on, so that none is lost before somebody listens.
    pub(crate) fn catch() -> Self {
        ARE_MINDED.store(true, Ordering::Relaxed);
        Self::listen()
    }

    /// Waits for a signal that comes while nobody catches them: all that there is
    /// to end then is the line that moves.
    pub(crate) async fn unminded() {
        let mut signals = Self::listen();
        loop {
            signals.next().await;
            if !ARE_MINDED.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn listen() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: if ignores_hangups() { None } else { signal(SignalKind::hangup()).ok() },
        }
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            () = next(&mut self.interrupt) => {}
            () = next(&mut self.terminate) => {}
            () = next(&mut self.hangup) => {}
        }
    }

    /// Hands on every signal, for ever. CI runners send INT, then TERM, then KILL
    /// within seconds: the first asks to finish, the second to give up waits.
    pub(crate) async fn hand_on(mut self, stopper: Stopper) -> Infallible {
        loop {
            self.next().await;
            stopper.ask();
        }
    }
}

/// Whether this runs under `nohup`: then a terminal that is closed is none of our
/// business. Linux tells which signals a process ignores, as bits from 1 on
/// (proc(5), `SigIgn`); elsewhere nobody does, and the run stops in order.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    let bit = 1 << (SignalKind::hangup().as_raw_value() - 1);
    ignored.is_some_and(|ignored| ignored & bit != 0)
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
