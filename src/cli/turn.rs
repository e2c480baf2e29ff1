//! Whose turn it is to change a stack: the lease of a run, from before it looks
//! at anything until it is done, and the signals that end it.

use std::collections::BTreeMap;
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
use crate::model::{Diagnostic, Found, Holder, Lease, Lock, Place, told_apart};
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
pub(crate) struct Turns {
    /// One for each lease, and one for all stacks that have none.
    turns: Vec<Turn>,
    /// For each stack which of them is its own.
    of: Vec<usize>,
}

impl Turns {
    /// Takes each, one after the other. Whoever does not get one gives the others back.
    pub(crate) async fn take(
        stacks: &[Opened],
        options: &Run,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let mut turns = Self { turns: Vec::new(), of: vec![0; stacks.len()] };
        let locks = stacks.iter().map(|it| (it.stack.lock.as_ref(), &it.stack.place));
        for sharing in by_lease(locks).into_values() {
            let members: Vec<&Opened> = sharing.iter().map(|it| &stacks[*it]).collect();
            match Turn::take(&members, options, environment, screen).await {
                Ok(turn) => {
                    for stack in sharing {
                        turns.of[stack] = turns.turns.len();
                    }
                    turns.turns.push(turn);
                }
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
        let stops = self.turns.iter().map(|turn| Box::pin(turn.stopped()));
        tokio::select! {
            biased;
            (failure, ..) = select_all(stops) => Err(failure),
            done = work => done,
        }
    }

    /// As of one, for each stack in their order.
    pub(crate) fn begin(&self) -> Vec<Stop> {
        let stops: Vec<Stop> = self.turns.iter().map(Turn::begin).collect();
        self.of.iter().map(|turn| stops[*turn].clone()).collect()
    }

    /// As of one.
    pub(crate) async fn end(self, screen: &Screen) -> Vec<Diagnostic> {
        let ends = join_all(self.turns.into_iter().map(|turn| turn.end(screen))).await;
        ends.into_iter().flatten().collect()
    }
}

impl Turn {
    /// Takes the lease that some stacks share, if they have one. From then on a signal ends no
    /// process, so that the lease is given back.
    async fn take(
        sharing: &[&Opened],
        options: &Run,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let (stopper, _) = Stopper::new();
        let opened = sharing[0];
        let Some(lock) = &opened.stack.lock else { return Ok(Self { stopper, lease: None }) };
        if options.no_lock {
            screen.problems(&[unlocked(lock)]);
            return Ok(Self { stopper, lease: None });
        }
        listen(&stopper);
        let store = Arc::new(opened.provider.lease(lock));
        let lease = lease(sharing, environment);
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
    fn begin(&self) -> Stop {
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
    async fn end(self, screen: &Screen) -> Option<Diagnostic> {
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

/// For each lease the stacks that share it; and those that have none. Each says where its bucket
/// is and whose: of two that say otherwise one is wrong, and hears of that.
///
/// They are sorted: commands that want the same leases come for them in the same order,
/// whatever the order of their stacks, so that no two hold what the other waits for.
fn by_lease<'a>(
    locks: impl Iterator<Item = (Option<&'a Lock>, &'a Place)>,
) -> BTreeMap<Option<[&'a str; 4]>, Vec<usize>> {
    let mut leases = BTreeMap::<_, Vec<usize>>::new();
    for (stack, (lock, place)) in locks.enumerate() {
        let lease = lock.map(|Lock { bucket, key, account }| {
            [bucket.as_str(), key, account.as_deref().unwrap_or(&place.account), &place.region]
        });
        leases.entry(lease).or_default().push(stack);
    }
    leases
}

fn lease(sharing: &[&Opened], environment: &Environment) -> Lease {
    let stacks = sharing.iter().map(|it| (it.stack.name.as_str(), &it.stack.place));
    let caller = sharing[0].caller.arn.clone();
    Lease {
        format: Lease::FORMAT.into(),
        stack: told_apart(stacks).join(", "),
        holder: Holder { process: environment.process.clone(), caller },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_are_taken_once_and_in_one_order() {
        let place = |account: &str, region: &str| Place {
            partition: "aws".into(),
            account: account.into(),
            region: region.into(),
            endpoint: None,
        };
        let lock = |key: &str, account: Option<&str>| Lock {
            bucket: "locks".into(),
            key: key.into(),
            account: account.map(str::to_owned),
        };
        let here = place("123456789012", "eu-west-1");
        let others = [place("210987654321", "eu-west-1"), place("123456789012", "us-east-1")];
        let (app, shared) = (lock("app", None), lock("platform", None));
        let stated = lock("platform", Some("123456789012"));
        let check = |locks: &[(Option<&Lock>, &Place)], expected: &[&[usize]]| {
            let stacks: Vec<Vec<usize>> = by_lease(locks.iter().copied()).into_values().collect();
            assert_eq!(stacks, expected, "{locks:?}");
        };
        check(&[(Some(&app), &here), (Some(&shared), &here)], &[&[0], &[1]]);
        check(&[(Some(&shared), &here), (Some(&app), &here)], &[&[1], &[0]]);
        check(
            &[(Some(&shared), &here), (None, &here), (Some(&stated), &here), (None, &others[0])],
            &[&[1, 3], &[0, 2]],
        );
        for there in &others {
            check(&[(Some(&app), &here), (Some(&app), there)], &[&[0], &[1]]);
        }
    }
}
