//! Whose turn it is to change a stack: the lease of a run, from before it looks
//! at anything until it is done, and the signals that end it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, select_all};

use super::clock;
use super::environment::Environment;
use super::exit::Failure;
use super::opened::Opened;
use super::options::Run;
use super::screen::Screen;
use super::signals::Signals;
use crate::engine::lease::{Keeper, LIFETIME, Loss, NoLease, acquire};
use crate::engine::stop::{Stop, Stopper, Urgency};
use crate::model::{Diagnostic, Found, Holder, Lease, Lock};
use crate::report;

/// From one word about waiting to the next: as every sign of life.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// The right to go on, and whoever may end it.
#[derive(Debug)]
pub(crate) struct Turn {
    stopper: Stopper,
    lease: Option<(Keeper, Lock)>,
}

/// The turns of all stacks of a command.
#[derive(Debug)]
pub(crate) struct Turns(Vec<Turn>);

impl Turns {
    /// Takes each, one after the other. Whoever does not get one gives the others back.
    pub(crate) async fn take(
        stacks: &[Opened],
        options: &Run,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let mut turns = Self(Vec::new());
        for opened in stacks {
            match Turn::take(opened, options, environment, screen).await {
                Ok(turn) => turns.0.push(turn),
                Err(failure) => {
                    turns.end(screen).await;
                    return Err(failure);
                }
            }
        }
        Ok(turns)
    }

    /// As of one: what ends the work of one ends that of all.
    pub(crate) async fn look<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let stops = self.0.iter().map(|turn| Box::pin(turn.stopped()));
        tokio::select! {
            biased;
            (failure, ..) = select_all(stops) => Err(failure),
            done = work => done,
        }
    }

    /// As of one, for each in their order.
    pub(crate) fn begin(&self) -> Vec<Stop> {
        self.0.iter().map(Turn::begin).collect()
    }

    /// As of one.
    pub(crate) async fn end(self, screen: &Screen) -> Vec<Diagnostic> {
        let ends = join_all(self.0.into_iter().map(|turn| turn.end(screen))).await;
        ends.into_iter().flatten().collect()
    }
}

impl Turn {
    /// Takes the lease of a stack that has one. From then on a signal ends no
    /// process, so that the lease is given back.
    pub(crate) async fn take(
        opened: &Opened,
        options: &Run,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let (stopper, _) = Stopper::new();
        let Some(lock) = &opened.stack.lock else { return Ok(Self { stopper, lease: None }) };
        if options.no_lock {
            screen.problems(&[unlocked(lock)]);
            return Ok(Self { stopper, lease: None });
        }
        listen(&stopper);
        let store = Arc::new(opened.provider.lease(lock));
        let lease = lease(opened, environment);
        let mut next = Duration::ZERO;
        let told = |found: &Found, waited: Duration| {
            if waited >= next {
                next = waited + TELL_AGAIN;
                screen.talk(&waiting(lock, found, waited));
            }
        };
        let mut stop = stopper.listener();
        let taken = tokio::select! {
            biased;
            () = stop.at_least(Urgency::Abandon) => Err(NoLease::Stopped),
            taken = acquire(store, lease, options.lock_timeout, &stopper, told) => taken,
        };
        match taken {
            Ok(keeper) => Ok(Self { stopper, lease: Some((keeper, lock.clone())) }),
            Err(NoLease::Held(found)) => Err(Failure::refused(vec![held(lock, &found)])),
            Err(NoLease::Cloud(error)) => Err(error.into()),
            Err(NoLease::Stopped) => Err(interrupted()),
        }
    }

    /// What ends work that changes nothing, such as to draw a plan and to ask: a signal, and
    /// the loss of the lease.
    async fn stopped(&self) -> Failure {
        self.stopper.listener().at_least(Urgency::Finish).await;
        match self.lost() {
            Some(problem) => Failure::refused(vec![problem]),
            None => interrupted(),
        }
    }

    /// What a run must heed. From now on, at the latest, signals end no process.
    pub(crate) fn begin(&self) -> Stop {
        if self.lease.is_none() {
            listen(&self.stopper);
        }
        self.stopper.listener()
    }

    /// What there is to say of a lease that was lost.
    fn lost(&self) -> Option<Diagnostic> {
        let (keeper, lock) = self.lease.as_ref()?;
        Some(lost(lock, &keeper.loss()?))
    }

    /// Gives the lease back. Answers with what there is to say if it was not
    /// ours to the end.
    pub(crate) async fn end(self, screen: &Screen) -> Option<Diagnostic> {
        let (keeper, lock) = self.lease?;
        let known = keeper.loss();
        let loss = keeper.give_back().await.unwrap_or_else(|error| {
            let problem = Diagnostic::warning(format!("the lease {lock} was not given back"))
                .because(error.to_string())
                .hint(format!("it expires by itself within {} s", LIFETIME.as_secs()));
            screen.problems(&[problem]);
            known
        });
        Some(lost(&lock, &loss?))
    }
}

fn listen(stopper: &Stopper) {
    // Caught here and now; only the listening is left to the task.
    tokio::spawn(Signals::catch().hand_on(stopper.clone()));
}

fn lease(opened: &Opened, environment: &Environment) -> Lease {
    Lease {
        format: Lease::FORMAT.into(),
        stack: opened.stack.name.clone(),
        holder: Holder { process: environment.process.clone(), caller: opened.caller.arn.clone() },
        // Others read it.
        command: environment.mask.veil(&environment.command_line),
        since: clock::now(),
        lifetime_seconds: LIFETIME.as_secs(),
        nonce: nonce(),
        renewals: 0,
    }
}

/// The operating system's own randomness, as the standard library offers it.
fn nonce() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

fn waiting(lock: &Lock, found: &Found, waited: Duration) -> String {
    let holder = report::lease_holder(found);
    if waited < TELL_AGAIN {
        format!("Waiting for the lease {lock}: {holder}.")
    } else {
        format!("Still waiting for the lease, {} s by now: {holder}.", waited.as_secs())
    }
}

fn held(lock: &Lock, found: &Found) -> Diagnostic {
    Diagnostic::error(format!("another run holds the lease {lock}; nothing was changed"))
        .because(format!("{}; {}", report::lease_holder(found), report::lease_life(found)))
        .hint("--lock-timeout 5m waits for it")
        .hint("if that run is dead, wait until it expires, or remove it: `ccprov unlock`")
}

fn lost(lock: &Lock, loss: &Loss) -> Diagnostic {
    let problem = Diagnostic::error(format!("the lease {lock} was lost"));
    let problem = match loss {
        Loss::Taken(found) => problem.because(report::lease_holder(found)),
        Loss::Removed => problem.because("somebody removed it, as `ccprov unlock` does"),
        Loss::NotRenewed(Some(error)) => {
            problem.because(format!("it could not be renewed in time: {error}"))
        }
        Loss::NotRenewed(None) => problem.because("it could not be renewed in time"),
    };
    problem.hint(
        "once it is known, nothing new begins; when no other run is at it, run this one again",
    )
}

fn unlocked(lock: &Lock) -> Diagnostic {
    Diagnostic::warning(format!("this run goes without the lease {lock}"))
        .because("--no-lock was asked for: nothing keeps it apart from other runs")
}

fn interrupted() -> Failure {
    Failure::interrupted("interrupted before anything was changed")
}
