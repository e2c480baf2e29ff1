//! The lease of a stack, among runs that live, die and lose their line. Time
//! is paused and runs ahead.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ccprov::engine::event::Outcome;
use ccprov::engine::lease::{Keeper, LIFETIME, Loss, NoLease, acquire, find, remove};
use ccprov::engine::port::{Answer, LeaseStore};
use ccprov::engine::stop::{Stopper, Urgency};
use ccprov::engine::wait::elapse;
use ccprov::model::{Found, Holder, Lease};
use ccprov::sim::{LeaseDoor, Mishap, Weather};
use serde_json::json;
use tokio::time::Instant;
use tracing::{Instrument, Span, info_span};

use super::site::{Orders, carried_out, cloud, planned, stack};

const AT_ONCE: Duration = Duration::ZERO;
const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// One run that wants the lease.
struct Run {
    name: &'static str,
    door: LeaseDoor,
    stopper: Stopper,
}

impl Run {
    fn at(door: &LeaseDoor, name: &'static str) -> Self {
        Self { name, door: door.another(), stopper: Stopper::new().0 }
    }

    async fn takes(&self, patience: Duration) -> Result<Keeper, NoLease> {
        let store: Arc<dyn LeaseStore> = Arc::new(self.door.clone());
        acquire(store, self.lease(), patience, &self.stopper, |_, _| {}).await
    }

    fn lease(&self) -> Lease {
        let holder = Holder { process: self.name.to_owned(), caller: "arn".to_owned() };
        Lease {
            format: Lease::FORMAT.to_owned(),
            stack: "dev".to_owned(),
            holder,
            command: "ccprov apply".to_owned(),
            since: "2026-01-31T10:00:00Z".to_owned(),
            lifetime_seconds: LIFETIME.as_secs(),
            nonce: self.name.to_owned(),
            renewals: 0,
        }
    }

    fn urgency(&self) -> Urgency {
        self.stopper.listener().urgency()
    }
}

/// Two runs at one lease.
fn two() -> (Run, Run) {
    let door = LeaseDoor::default();
    (Run::at(&door, "ada"), Run::at(&door, "bob"))
}

async fn found(run: &Run) -> Option<Found> {
    find(&run.door).await.unwrap()
}

async fn holder(run: &Run) -> Option<String> {
    found(run).await.map(|found| found.lease.holder.process)
}

fn held_by(refusal: &NoLease) -> &str {
    let NoLease::Held(found) = refusal else { panic!("{refusal:?}") };
    &found.lease.holder.process
}

#[tokio::test(start_paused = true)]
async fn one_of_two_gets_it() {
    let (ada, bob) = two();
    let (first, second) = tokio::join!(ada.takes(AT_ONCE), bob.takes(AT_ONCE));
    assert_eq!(held_by(&second.unwrap_err()), "ada");
    assert_eq!(first.unwrap().give_back().await.unwrap(), None);
    assert_eq!(found(&ada).await, None);
    bob.takes(AT_ONCE).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_living_holder_keeps_it_for_as_long_as_it_likes() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    for _ in 0..20 {
        elapse(LIFETIME / 2).await;
        assert_eq!(held_by(&bob.takes(AT_ONCE).await.unwrap_err()), "ada");
    }
    assert_eq!((keeper.loss(), ada.urgency()), (None, Urgency::None));
    keeper.give_back().await.unwrap();
    assert_eq!(holder(&bob).await, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_gets_it_when_it_is_given_back() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    let began = Instant::now();
    let gives_back = async {
        elapse(2 * LIFETIME).await;
        keeper.give_back().await.unwrap();
    };
    let (got, ()) = tokio::join!(bob.takes(FIVE_MINUTES), gives_back);
    assert_eq!(holder(&ada).await.as_deref(), Some("bob"));
    assert!(began.elapsed() < 2 * LIFETIME + Duration::from_secs(5));
    drop(got.unwrap());
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_when_it_was_said_to() {
    let (ada, bob) = two();
    let _keeper = ada.takes(AT_ONCE).await.unwrap();
    let began = Instant::now();
    assert_eq!(held_by(&bob.takes(FIVE_MINUTES).await.unwrap_err()), "ada");
    assert_eq!(began.elapsed(), FIVE_MINUTES);
}

#[tokio::test(start_paused = true)]
async fn a_dead_holder_loses_it_after_the_lifetime_and_not_before() {
    let (ada, bob) = two();
    drop(ada.takes(AT_ONCE).await.unwrap());
    elapse(LIFETIME.saturating_sub(Duration::from_secs(1))).await;
    assert_eq!(held_by(&bob.takes(AT_ONCE).await.unwrap_err()), "ada");
    elapse(Duration::from_secs(2)).await;
    let keeper = bob.takes(AT_ONCE).await.unwrap();
    assert_eq!(holder(&ada).await.as_deref(), Some("bob"));
    keeper.give_back().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_of_many_takes_a_dead_one_over() {
    let (ada, bob) = two();
    drop(ada.takes(AT_ONCE).await.unwrap());
    elapse(LIFETIME + Duration::from_secs(1)).await;
    let eve = Run::at(&bob.door, "eve");
    let (one, other) = tokio::join!(bob.takes(AT_ONCE), eve.takes(AT_ONCE));
    assert_ne!(one.is_ok(), other.is_ok());
}

/// Whoever saw a lease, and comes back late to take it over as a dead one,
/// must not do so to one that was renewed meanwhile.
#[tokio::test(start_paused = true)]
async fn a_renewed_lease_is_not_taken_for_what_it_was() {
    let (ada, bob) = two();
    let _keeper = ada.takes(AT_ONCE).await.unwrap();
    let seen = found(&bob).await.unwrap();
    elapse(LIFETIME).await;
    let taken = bob.door.write(&bob.lease(), Some(&seen.version)).await.unwrap();
    assert_eq!((taken, holder(&bob).await.as_deref()), (None, Some("ada")));
}

/// A holder whose line is dead gives up before anybody may take over.
#[tokio::test(start_paused = true)]
async fn who_cannot_renew_stops_before_another_begins() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    elapse(LIFETIME).await;
    ada.door.shut(true);
    let mut stop = ada.stopper.listener();
    let stopped = async {
        stop.at_least(Urgency::Finish).await;
        Instant::now()
    };
    let taken = async {
        let taken = bob.takes(FIVE_MINUTES).await.unwrap();
        (taken, Instant::now())
    };
    let (stopped, (taken, began)) = tokio::join!(stopped, taken);
    assert!(stopped + Duration::from_secs(5) < began, "{:?}", began - stopped);
    assert!(matches!(keeper.loss(), Some(Loss::NotRenewed(Some(_)))), "{:?}", keeper.loss());
    // What is not ours any more stays where it is.
    ada.door.shut(false);
    assert!(keeper.give_back().await.unwrap().is_some());
    assert_eq!(holder(&ada).await.as_deref(), Some("bob"));
    drop(taken);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_comes_back_in_time_costs_nothing() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    for _ in 0..5 {
        ada.door.shut(true);
        elapse(Duration::from_secs(25)).await;
        ada.door.shut(false);
        elapse(Duration::from_secs(25)).await;
        assert_eq!(held_by(&bob.takes(AT_ONCE).await.unwrap_err()), "ada");
    }
    assert_eq!((keeper.loss(), ada.urgency()), (None, Urgency::None));
}

#[tokio::test(start_paused = true)]
async fn a_removed_lease_is_noticed() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    let seen = found(&bob).await.unwrap();
    // A sign of life meanwhile does not make it another's.
    elapse(LIFETIME).await;
    assert!(remove(&bob.door, &seen).await.unwrap());
    assert!(!remove(&bob.door, &seen).await.unwrap());
    elapse(LIFETIME / 2).await;
    assert_eq!((keeper.loss(), ada.urgency()), (Some(Loss::Removed), Urgency::Finish));
}

/// What no renewal came to tell, the end tells.
#[tokio::test(start_paused = true)]
async fn a_removed_lease_is_noticed_at_the_end() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    remove(&bob.door, &found(&bob).await.unwrap()).await.unwrap();
    let _keeper = bob.takes(AT_ONCE).await.unwrap();
    assert_eq!(keeper.loss(), None);
    assert_eq!(keeper.give_back().await.unwrap(), Some(Loss::Removed));
    assert_eq!(holder(&ada).await.as_deref(), Some("bob"));
}

#[tokio::test(start_paused = true)]
async fn who_removes_a_lease_does_not_remove_the_next_one() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    let seen = found(&bob).await.unwrap();
    keeper.give_back().await.unwrap();
    let _keeper = bob.takes(AT_ONCE).await.unwrap();
    assert!(!remove(&ada.door, &seen).await.unwrap());
    assert_eq!(holder(&ada).await.as_deref(), Some("bob"));
}

/// A write may have happened though nobody says so.
#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_are_not_guessed() {
    let mishaps = [Mishap::Request, Mishap::Answer, Mishap::Collision];
    for first in mishaps {
        for second in mishaps {
            let (ada, bob) = two();
            ada.door.befall([first, second]);
            let keeper = ada.takes(AT_ONCE).await.unwrap();
            assert_eq!(holder(&bob).await.as_deref(), Some("ada"), "{first:?} {second:?}");
            ada.door.befall([first, second, first]);
            elapse(3 * LIFETIME).await;
            assert_eq!(held_by(&bob.takes(AT_ONCE).await.unwrap_err()), "ada");
            assert_eq!((keeper.loss(), ada.urgency()), (None, Urgency::None));
            keeper.give_back().await.unwrap();
            assert_eq!(found(&bob).await, None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_leaves_nothing_behind() {
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    let stops = async {
        elapse(Duration::from_secs(10)).await;
        bob.stopper.ask();
        keeper.give_back().await.unwrap();
    };
    let (refusal, ()) = tokio::join!(bob.takes(FIVE_MINUTES), stops);
    assert_eq!(refusal.unwrap_err(), NoLease::Stopped);
    assert_eq!(found(&ada).await, None);
    // Nor is anybody kept by a line that is dead.
    let eve = Run::at(&ada.door, "eve");
    eve.door.shut(true);
    eve.stopper.ask();
    assert_eq!(eve.takes(FIVE_MINUTES).await.unwrap_err(), NoLease::Stopped);
    // Nor does whoever was asked before it began.
    assert_eq!(bob.takes(AT_ONCE).await.unwrap_err(), NoLease::Stopped);
    assert_eq!(found(&ada).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_loses_its_lease_starts_nothing_new() {
    let chain = json!({
        "a": { "kind": "gate" },
        "b": { "kind": "holder", "holds": ["${a.arn}"] },
    });
    let settling = Duration::from_secs(40);
    let cloud = cloud(Weather { settling: settling..settling, ..Weather::even(1) });
    let plan = planned(&cloud, &stack(&chain)).await;
    let (ada, bob) = two();
    let keeper = ada.takes(AT_ONCE).await.unwrap();
    let seen = found(&bob).await.unwrap();
    let orders = Orders { stop: ada.stopper.listener(), ..Orders::new() };
    let removes = async {
        elapse(Duration::from_secs(5)).await;
        remove(&bob.door, &seen).await.unwrap();
    };
    let (run, ()) = tokio::join!(carried_out(&cloud, plan, orders), removes);
    let run = run.expect("nobody dies");
    // What was in flight is seen to its end.
    assert!(matches!(run.outcome("a"), Outcome::Done { .. }), "{:?}", run.told());
    assert_eq!(*run.outcome("b"), Outcome::NotStarted);
    assert_eq!(keeper.loss(), Some(Loss::Removed));
}

/// A store that notes within which spans it is called.
#[derive(Debug, Default)]
struct Noting {
    door: LeaseDoor,
    spans: Mutex<Vec<Option<tracing::Id>>>,
}

impl Noting {
    fn note(&self) {
        self.spans.lock().unwrap().push(Span::current().id());
    }
}

#[async_trait::async_trait]
impl LeaseStore for Noting {
    async fn read(&self) -> Answer<Option<Found>> {
        self.note();
        self.door.read().await
    }

    async fn write(&self, lease: &Lease, over: Option<&str>) -> Answer<Option<String>> {
        self.note();
        self.door.write(lease, over).await
    }

    async fn remove(&self, version: &str) -> Answer<bool> {
        self.note();
        self.door.remove(version).await
    }
}

/// They are made by a task of their own, which knows no spans but those that
/// it is given.
#[tokio::test(start_paused = true)]
async fn signs_of_life_belong_to_the_command() {
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry());
    let command = info_span!("command");
    let (store, ada) = (Arc::new(Noting::default()), two().0);
    let run = async {
        let taken = acquire(store.clone(), ada.lease(), AT_ONCE, &ada.stopper, |_, _| {});
        let keeper = taken.await.unwrap();
        elapse(2 * LIFETIME).await;
        keeper.give_back().await.unwrap();
    };
    run.instrument(command.clone()).await;
    let spans = store.spans.lock().unwrap().clone();
    assert!(spans.len() > 4, "taken, renewed and given back: {spans:?}");
    assert!(spans.iter().all(|span| *span == command.id()), "{spans:?}");
}
