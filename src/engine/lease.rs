//! Keeps a stack to one run at a time, among all who take its lease.
//!
//! A lease is taken with a write that succeeds for one alone, kept by renewing
//! it, and given back at the end. A holder that dies gives no sign of life any
//! more: after the lease's lifetime the next one takes over. Knows the store
//! through [`LeaseStore`] alone, and compares no clocks of two machines: the
//! store says how old a lease is, and a holder counts from its own last renewal.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;

use super::port::{Answer, LeaseStore};
use super::stop::{Stop, Stopper, Urgency};
use super::wait::{Backoff, Persistence, elapse};
use crate::model::{CloudError, ErrorClass, Found, Lease};

/// So long after its last sign of life a holder counts as dead. Long enough
/// for two renewals to fail, short enough to wait for.
pub const LIFETIME: Duration = Duration::from_mins(1);
/// From one sign of life to the next.
const RENEWAL: Duration = Duration::from_secs(20);
/// So long after its last renewal a holder gives up: ten seconds before others
/// may take over, for calls in flight and stores that count in whole seconds.
const GIVE_UP: Duration = Duration::from_secs(50);
/// How often to ask whether a lease has become free.
const ASK_AGAIN: Duration = Duration::from_secs(3);
/// Giving back is worth so much waiting. What is not given back expires.
const GIVE_BACK_BUDGET: Duration = Duration::from_secs(10);

/// Why there is no lease.
#[derive(Clone, Debug, PartialEq)]
pub enum NoLease {
    /// Another run has it.
    Held(Box<Found>),
    /// The store said no, or nothing.
    Cloud(CloudError),
    /// Somebody asked to stop waiting.
    Stopped,
}

/// How a lease came to an end before its run did.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// Another run took it over.
    Taken(Box<Found>),
    /// Somebody removed it, whoever has it now.
    Removed,
    /// It could not be renewed in time. What the last try came to, if it came
    /// to anything.
    NotRenewed(Option<CloudError>),
}

/// Takes the lease.
///
/// # Flow
/// Writes it where there is none. Whoever finds another's looks how old it is,
/// takes over a dead one, and otherwise asks again until `patience` is over.
/// `told` hears, before each pause, who has it and how long we wait by now.
///
/// # Guarantees
/// Of all who take a lease at the same time one gets it. An answer that was
/// lost is not guessed: the lease is read back. Asked to stop, it finishes the
/// call in flight and gives back what it is known to have got. Whoever works under a lease that
/// is lost is asked, through `stopper`, to start nothing new.
///
/// # Caveats
/// What a holder had in flight when it lost the lease may still arrive.
pub async fn acquire(
    store: Arc<dyn LeaseStore>,
    lease: Lease,
    patience: Duration,
    stopper: &Stopper,
    mut told: impl FnMut(&Found, Duration),
) -> Result<Keeper, NoLease> {
    let (began, mut stop) = (Instant::now(), stopper.listener());
    let contender = Contender { store, lease };
    loop {
        let found = match contender.contend(&mut stop).await? {
            Standing::Ours { version, since } => {
                let held = Held { contender, version, renewed: since };
                if stop.urgency() == Urgency::None {
                    return Ok(Keeper::new(held, stopper.clone()));
                }
                // Nobody waits for what can expire by itself.
                let _expires = held.give_back().await;
                return Err(NoLease::Stopped);
            }
            Standing::Anothers(found) => found,
        };
        let left = patience.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(NoLease::Held(found));
        }
        told(&found, began.elapsed());
        pause(left.min(ASK_AGAIN), &mut stop).await?;
    }
}

/// Sleeps, unless it is asked to stop.
async fn pause(length: Duration, stop: &mut Stop) -> Result<(), NoLease> {
    tokio::select! {
        biased;
        () = stop.at_least(Urgency::Finish) => Err(NoLease::Stopped),
        () = elapse(length) => Ok(()),
    }
}

/// The lease that somebody holds, or a dead one that lies there.
///
/// # Errors
/// Why nobody knows.
pub async fn find(store: &dyn LeaseStore) -> Answer<Option<Found>> {
    let mut persistence = Persistence::new(0, false);
    loop {
        let error = match store.read().await {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let Some(length) = persistence.pause_after(&error) else { return Err(error) };
        elapse(length).await;
    }
}

/// Removes a lease, however often it was renewed since, and no other. Tells
/// whether it was still there.
///
/// # Errors
/// Why it may still be there.
pub async fn remove(store: &dyn LeaseStore, found: &Found) -> Answer<bool> {
    let mut persistence = Persistence::new(seed(&found.lease), false);
    let mut version = found.version.clone();
    loop {
        let error = match remove_version(store, &found.lease, &mut version).await {
            Ok(Some(was_there)) => return Ok(was_there),
            Ok(None) => contended(&found.lease),
            Err(error) => error,
        };
        let Some(length) = persistence.pause_after(&error) else { return Err(error) };
        elapse(length).await;
    }
}

/// `None` if it is another version of the same lease by now.
async fn remove_version(
    store: &dyn LeaseStore,
    lease: &Lease,
    version: &mut String,
) -> Answer<Option<bool>> {
    if store.remove(version).await? {
        return Ok(Some(true));
    }
    Ok(match store.read().await? {
        Some(found) if found.lease.nonce == lease.nonce => {
            *version = found.version;
            None
        }
        Some(_) | None => Some(false),
    })
}

/// A lease that is ours and is being renewed. Dropped without
/// [`give_back`](Self::give_back), it expires by itself.
#[derive(Debug)]
pub struct Keeper {
    renewing: JoinHandle<Held>,
    over: Option<oneshot::Sender<()>>,
    loss: watch::Receiver<Option<Loss>>,
}

impl Keeper {
    fn new(held: Held, stopper: Stopper) -> Self {
        let (over, is_over) = oneshot::channel();
        let (told, loss) = watch::channel(None);
        let renewing = tokio::spawn(held.keep(is_over, told, stopper).in_current_span());
        Self { renewing, over: Some(over), loss }
    }

    /// How it was lost, if it was.
    pub fn loss(&self) -> Option<Loss> {
        self.loss.borrow().clone()
    }

    /// Gives it back, and tells how it was lost, if that shows only now or was
    /// known before.
    ///
    /// # Errors
    /// Why it may still lie there. It then expires by itself.
    pub async fn give_back(mut self) -> Answer<Option<Loss>> {
        // Whoever lost it does not listen any more.
        let _lost = self.over.take().map(|over| over.send(()));
        let was_ours = match (&mut self.renewing).await {
            Ok(held) => held.give_back().await?,
            Err(_ended_with_the_runtime) => true,
        };
        Ok(self.loss().or_else(|| (!was_ours).then_some(Loss::Removed)))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// One who wants the lease, or has it.
#[derive(Debug)]
struct Contender {
    store: Arc<dyn LeaseStore>,
    lease: Lease,
}

/// Whose a lease is.
enum Standing {
    Ours { version: String, since: Instant },
    Anothers(Box<Found>),
}

impl Contender {
    /// Tries until it is known whose the lease is.
    async fn contend(&self, stop: &mut Stop) -> Result<Standing, NoLease> {
        let mut persistence = Persistence::new(seed(&self.lease), false);
        let mut dead = None;
        loop {
            let error = match self.try_to_take(&mut dead).await {
                Ok(Some(standing)) => return Ok(standing),
                Ok(None) => contended(&self.lease),
                Err(error) => error,
            };
            let Some(length) = persistence.pause_after(&error) else {
                return Err(NoLease::Cloud(error));
            };
            pause(length, stop).await?;
        }
    }

    /// `None` if another's went meanwhile, or turned out to be dead: `dead` then
    /// says which, and the next try takes it over.
    async fn try_to_take(&self, dead: &mut Option<String>) -> Answer<Option<Standing>> {
        let since = Instant::now();
        let failure = match self.store.write(&self.lease, dead.as_deref()).await {
            Ok(Some(version)) => return Ok(Some(Standing::Ours { version, since })),
            Ok(None) => None,
            // It may have happened all the same.
            Err(error) if error.class == ErrorClass::Transient => Some(error),
            Err(error) => return Err(error),
        };
        *dead = None;
        match self.store.read().await? {
            Some(found) if found.lease.nonce == self.lease.nonce => {
                return Ok(Some(Standing::Ours { version: found.version, since }));
            }
            Some(found) if found.has_expired() => *dead = Some(found.version),
            Some(found) => return Ok(Some(Standing::Anothers(Box::new(found)))),
            None => {}
        }
        failure.map_or(Ok(None), Err)
    }
}

/// The lease, ours.
#[derive(Debug)]
struct Held {
    contender: Contender,
    version: String,
    /// When the last renewal that is known to have happened was sent.
    renewed: Instant,
}

/// What a try to renew came to.
enum Renewal {
    Done,
    /// It is still ours, and not renewed.
    Again,
    Lost(Loss),
}

impl Held {
    /// Renews it until its run is over or it is lost.
    async fn keep(
        mut self,
        mut is_over: oneshot::Receiver<()>,
        told: watch::Sender<Option<Loss>>,
        stopper: Stopper,
    ) -> Self {
        loop {
            let renewal = tokio::select! {
                biased;
                _ = &mut is_over => return self,
                renewal = self.renew_in_time() => renewal,
            };
            if let Err(loss) = renewal {
                told.send_replace(Some(loss));
                stopper.ask_to_finish();
                return self;
            }
        }
    }

    /// The next sign of life, unless it becomes too late for one.
    async fn renew_in_time(&mut self) -> Result<(), Loss> {
        let so_far = self.renewed.elapsed();
        elapse(RENEWAL.saturating_sub(so_far)).await;
        let so_far = self.renewed.elapsed();
        let mut last = None;
        tokio::select! {
            biased;
            renewal = self.renew(&mut last) => renewal,
            () = elapse(GIVE_UP.saturating_sub(so_far)) => Err(Loss::NotRenewed(last)),
        }
    }

    /// However long it takes. No refusal is final: credentials are renewed and
    /// policies corrected while a run goes on.
    async fn renew(&mut self, last: &mut Option<CloudError>) -> Result<(), Loss> {
        let mut backoff = Backoff::new(seed(&self.contender.lease));
        self.contender.lease.renewals += 1;
        loop {
            match self.try_to_renew().await {
                Ok(Renewal::Done) => return Ok(()),
                Ok(Renewal::Again) => {}
                Ok(Renewal::Lost(loss)) => return Err(loss),
                Err(error) => *last = Some(error),
            }
            elapse(backoff.pause()).await;
        }
    }

    async fn try_to_renew(&mut self) -> Answer<Renewal> {
        let Contender { store, lease } = &self.contender;
        let sent = Instant::now();
        let failure = match store.write(lease, Some(&self.version)).await {
            Ok(Some(version)) => {
                (self.version, self.renewed) = (version, sent);
                return Ok(Renewal::Done);
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        match store.read().await? {
            Some(found) if found.lease.nonce != lease.nonce => {
                return Ok(Renewal::Lost(Loss::Taken(Box::new(found))));
            }
            Some(found) => {
                self.version = found.version;
                if found.lease.renewals == lease.renewals {
                    self.renewed = sent;
                    return Ok(Renewal::Done);
                }
            }
            None => return Ok(Renewal::Lost(Loss::Removed)),
        }
        failure.map_or(Ok(Renewal::Again), Err)
    }

    /// Removes it, and tells whether it was ours still.
    async fn give_back(self) -> Answer<bool> {
        let Self { contender: Contender { store, lease }, version, .. } = self;
        let found = Found { lease, version, age: Duration::ZERO };
        tokio::select! {
            biased;
            was_there = remove(&*store, &found) => was_there,
            () = elapse(GIVE_BACK_BUDGET) => Err(no_answer(&found.lease)),
        }
    }
}

fn seed(lease: &Lease) -> u64 {
    lease.nonce.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()))
}

/// Others come and go: worth another try.
fn contended(lease: &Lease) -> CloudError {
    let message = "it changed hands with every look";
    failed(lease, "settle whose the lease is", message)
}

fn no_answer(lease: &Lease) -> CloudError {
    failed(lease, "give back the lease", "there was no answer in time")
}

fn failed(lease: &Lease, attempted: &str, message: &str) -> CloudError {
    CloudError {
        attempted: format!("{attempted} of stack {}", lease.stack),
        operation: String::new(),
        class: ErrorClass::Transient,
        code: String::new(),
        message: message.into(),
        request_id: None,
        hint: None,
    }
}
