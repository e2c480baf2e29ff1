//! Carries out a plan: every step as soon as what it needs has happened.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::OptionFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::event::{Event, EventKind, Outcome, Summary};
use super::port::Sent;
use super::port::sending::heard;
use super::schedule::Schedule;
use super::site::Site;
use super::span::in_span;
use super::step::{Signal, StepRun};
use super::stop::{Stop, Urgency};
use super::why::Why;
use crate::model::{Address, Catalog, Facts};
use crate::plan::{Step, StepId, StepNode};

/// How many steps are in flight at a time. Sockets and memory need a bound;
/// no account's write limits come near it.
const STEPS_AT_A_TIME: usize = 64;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// In numbers.
    pub summary: Summary,
    /// Step by step.
    pub outcomes: BTreeMap<StepId, Outcome>,
    /// What can be referred to now, of everything that was made or changed.
    pub facts: BTreeMap<Address, Facts>,
}

/// Carries out a plan.
///
/// # Flow
/// Steps start in the order of the plan as soon as their needs are met. A step
/// calls, tries again what may pass, tells that it was accepted, and goes on to
/// confirm while its dependants run.
///
/// # Guarantees
/// Every step ends exactly once, with an event. Nothing starts before what it
/// needs. A failure skips only what depends on it. There is no rollback: the
/// same plan drawn again takes up where this run ended.
///
/// # Caveats
/// Events are sent without waiting for whoever listens.
pub async fn execute(site: Site<'_>, stop: Stop, events: mpsc::UnboundedSender<Event>) -> Report {
    let (nothing, nobody) = (BTreeSet::new(), async |_| Ok(()));
    run(site, stop, events, (nothing, &nobody)).await
}

/// Carries out the plan of a stack that others of the same command use.
///
/// What it deletes they may still hold, until they have turned to what takes its place. So the
/// deletions that nothing else waits for are held back until all else is over. `users` hears
/// then how that went, and answers when the users are done: whether the deletions may begin,
/// or why not. It is asked once at most.
///
/// Everything else is as [`execute`] says.
pub async fn execute_among(
    site: Site<'_>,
    stop: Stop,
    events: mpsc::UnboundedSender<Event>,
    users: &impl AsyncFn(Report) -> Result<(), Why>,
) -> Report {
    run(site, stop, events, (site.plan.going_last(), users)).await
}

async fn run(
    site: Site<'_>,
    mut stop: Stop,
    events: mpsc::UnboundedSender<Event>,
    (held, users): (BTreeSet<StepId>, &impl AsyncFn(Report) -> Result<(), Why>),
) -> Report {
    let mut foreman = Foreman::new(site, held, events);
    let writes = |node: &&StepNode| !matches!(node.step, Step::Delete { .. });
    let written = site.plan.steps.iter().filter(writes).map(|node| &node.address).collect();
    foreman.tell(EventKind::RunStarted { steps: site.plan.steps.len() });
    let (signal, mut signals) = mpsc::unbounded_channel();
    let mut running = FuturesUnordered::new();
    let mut turning = None;
    let mut urgency = Urgency::None;
    loop {
        if stop.urgency() > urgency {
            urgency = stop.urgency();
            foreman.interrupt(urgency);
        }
        while foreman.schedule.running() < STEPS_AT_A_TIME {
            let Some(id) = foreman.start() else { break };
            let run = StepRun {
                site,
                node: &site.plan.steps[id.0],
                known: foreman.known_to(&site.plan.steps[id.0].step),
                early: foreman.early_for(&site.plan.steps[id.0].step),
                written: &written,
                is_proven: true,
                at_work: None,
                signal: signal.clone(),
                stop: stop.clone(),
            };
            let told = signal.clone();
            let hear = move |sent| {
                let _run_is_over = told.send((id, Signal::Sending(sent)));
            };
            // On the heap, because what is on the way fills a stack.
            running.push(async move {
                let calls = heard(hear, in_span(run.node, run.carry_out()));
                (id, Box::pin(calls).await)
            });
        }
        if running.is_empty() {
            if !foreman.schedule.is_holding() {
                break;
            }
            turning.get_or_insert_with(|| Box::pin(users(foreman.report())));
        }
        let more_urgent = if urgency == Urgency::None { Urgency::Finish } else { Urgency::Abandon };
        tokio::select! {
            biased;
            () = stop.at_least(more_urgent), if urgency != Urgency::Abandon => {}
            Some((id, signal)) = signals.recv() => foreman.hear(id, signal),
            Some((id, outcome)) = running.next() => {
                // Whatever the step told before it ended counts as said before.
                while let Ok((id, signal)) = signals.try_recv() {
                    foreman.hear(id, signal);
                }
                foreman.end(id, outcome);
            }
            Some(turned) = OptionFuture::from(turning.as_mut()) => {
                turning = None;
                match turned {
                    Ok(()) => foreman.schedule.release(),
                    Err(why) => foreman.leave(&why.outcome()),
                }
            }
        }
    }
    foreman.close()
}

/// Keeps the books of a run: schedule, facts, outcomes, events.
struct Foreman<'a> {
    site: Site<'a>,
    schedule: Schedule,
    facts: BTreeMap<Address, Facts>,
    /// The facts of steps that told some, and are not accepted yet.
    early: BTreeMap<Address, watch::Sender<Facts>>,
    outcomes: BTreeMap<StepId, Outcome>,
    started: BTreeMap<StepId, Instant>,
    events: mpsc::UnboundedSender<Event>,
    began: Instant,
    index: u64,
}

impl<'a> Foreman<'a> {
    fn new(site: Site<'a>, held: BTreeSet<StepId>, events: mpsc::UnboundedSender<Event>) -> Self {
        let schedule = Schedule::new(
            &site.plan.steps,
            |step| lives_in_another(step, site.catalog),
            |step| lane(step, site.catalog),
        );
        Self {
            site,
            schedule: schedule.holding(held),
            facts: BTreeMap::new(),
            early: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            started: BTreeMap::new(),
            events,
            began: Instant::now(),
            index: 0,
        }
    }

    fn tell(&mut self, kind: EventKind) {
        let event = Event { index: self.index, elapsed: self.began.elapsed(), kind };
        self.index += 1;
        // A view that went away does not stop the work.
        let _nobody_listens = self.events.send(event);
    }

    fn start(&mut self) -> Option<StepId> {
        let step = self.schedule.take()?;
        self.started.insert(step, Instant::now());
        let node = &self.site.plan.steps[step.0];
        self.tell(EventKind::StepStarted {
            step,
            address: node.address.clone(),
            kind: node.step.kind().to_owned(),
            action: node.step.action(),
        });
        Some(step)
    }

    /// The facts that a step may need: those of whom its resource mentions, and of others.
    fn known_to(&self, step: &Step) -> BTreeMap<Address, Facts> {
        let known = |address: &Address| Some((address.clone(), self.facts.get(address)?.clone()));
        let told = self.site.told.iter().map(|(address, facts)| (address.clone(), facts.clone()));
        told.chain(mentions(step).filter_map(known)).collect()
    }

    /// Where a step learns what becomes of the facts that it is given early.
    fn early_for(&self, step: &Step) -> BTreeMap<Address, watch::Receiver<Facts>> {
        let early = |it: &Address| Some((it.clone(), self.early.get(it)?.subscribe()));
        mentions(step).filter_map(early).collect()
    }

    /// Tells whoever was given a step's facts early what they are by now.
    fn spread(&self, address: &Address) {
        if let (Some(early), Some(facts)) = (self.early.get(address), self.facts.get(address)) {
            early.send_replace(facts.clone());
        }
    }

    fn hear(&mut self, step: StepId, signal: Signal) {
        let address = self.schedule.address(step).clone();
        match signal {
            Signal::Facts(facts) => {
                self.facts.entry(address.clone()).or_default().extend(facts.clone());
                self.early
                    .entry(address.clone())
                    .or_insert_with(|| watch::Sender::new(Facts::new()));
                self.spread(&address);
                self.schedule.proven(step);
                self.schedule.told_facts(step);
                self.tell(EventKind::FactsKnown { step, address, facts });
            }
            Signal::Proven => self.schedule.proven(step),
            Signal::Accepted { facts, is_proven } => {
                if is_proven {
                    self.schedule.proven(step);
                }
                self.facts.entry(address.clone()).or_default().extend(facts);
                self.spread(&address);
                self.early.remove(&address);
                let kind = self.site.catalog.kind(self.site.plan.steps[step.0].step.kind());
                self.schedule.told_facts(step);
                self.schedule.written(step);
                if !kind.is_some_and(|kind| kind.patience.blocks) {
                    self.schedule.accepted(step);
                }
                self.tell(EventKind::StepAccepted { step, address });
            }
            Signal::Sending(Sent { bytes, of }) => {
                self.tell(EventKind::StepSending { step, address, sent: bytes, of });
            }
            Signal::Retrying { attempt, error, pause } => {
                self.tell(EventKind::StepRetrying { step, address, attempt, error, pause });
            }
            Signal::Waiting { waited, usual, limit, seen } => {
                self.tell(EventKind::StepWaiting { step, address, waited, usual, limit, seen });
            }
        }
    }

    fn end(&mut self, step: StepId, outcome: Outcome) {
        let succeeded =
            matches!(outcome, Outcome::Done { .. } | Outcome::Gone | Outcome::Unconfirmed);
        let is_begun = matches!(outcome, Outcome::Begun { .. });
        if let Outcome::Done { facts } | Outcome::Begun { facts, .. } = &outcome {
            let address = self.schedule.address(step).clone();
            self.facts.entry(address).or_default().extend(facts.clone());
        }
        let because = self.schedule.address(step).clone();
        self.early.remove(&because);
        self.finish(step, outcome);
        for waiting in self.schedule.ended(step, succeeded) {
            let because = because.clone();
            let outcome = if is_begun {
                Outcome::Postponed { because }
            } else {
                Outcome::Skipped { because }
            };
            self.finish(waiting, outcome);
        }
    }

    fn interrupt(&mut self, urgency: Urgency) {
        let in_flight = self.schedule.running();
        let abandon_waits = urgency == Urgency::Abandon;
        self.tell(EventKind::Interrupted { in_flight, abandon_waits });
        self.leave(&Outcome::NotStarted);
    }

    /// Nothing more is started.
    fn leave(&mut self, outcome: &Outcome) {
        for left in self.schedule.stop() {
            self.finish(left, outcome.clone());
        }
    }

    fn finish(&mut self, step: StepId, outcome: Outcome) {
        let node = &self.site.plan.steps[step.0];
        let took = self.started.get(&step).map(Instant::elapsed).unwrap_or_default();
        self.outcomes.insert(step, outcome.clone());
        self.tell(EventKind::StepFinished {
            step,
            address: node.address.clone(),
            kind: node.step.kind().to_owned(),
            action: node.step.action(),
            took,
            outcome,
        });
    }

    fn close(mut self) -> Report {
        let report = self.report();
        self.tell(EventKind::RunFinished { summary: report.summary });
        report
    }

    /// How the run went so far.
    fn report(&self) -> Report {
        let mut summary = Summary::default();
        for (id, outcome) in &self.outcomes {
            let node = &self.site.plan.steps[id.0];
            let (done, objects) = match &node.step {
                Step::Create { .. } => (&mut summary.added, 1),
                Step::Update { .. } => {
                    let is_part = node.interim || self.site.plan.completes_creation(node);
                    (&mut summary.changed, usize::from(!is_part))
                }
                Step::Delete { along, .. } => (&mut summary.destroyed, 1 + along),
            };
            match outcome {
                Outcome::Done { .. } => *done += objects,
                Outcome::Begun { rest: 0, .. } => {
                    *done += objects;
                    summary.at_work += 1;
                }
                Outcome::Begun { .. } => {
                    summary.left += 1;
                    summary.at_work += 1;
                }
                Outcome::Failed { .. } | Outcome::TimedOut { .. } | Outcome::Refused { .. } => {
                    summary.failed += 1;
                }
                Outcome::Gone => {}
                Outcome::Skipped { .. } => summary.skipped += 1,
                Outcome::Postponed { .. } | Outcome::NotStarted | Outcome::Unconfirmed => {
                    summary.left += 1;
                }
            }
        }
        Report { summary, outcomes: self.outcomes.clone(), facts: self.facts.clone() }
    }
}

/// Whether a step writes into an object of another resource, where it makes its
/// own: a subscription into its topic. Such an object carries no tags.
fn lives_in_another(step: &Step, catalog: &dyn Catalog) -> bool {
    let tagged = catalog.kind(step.kind()).is_none_or(|kind| kind.tagged);
    matches!(step, Step::Create { .. }) && !tagged
}

/// What a step writes to, if that takes one write at a time.
fn lane(step: &Step, catalog: &dyn Catalog) -> Option<String> {
    let field = catalog.kind(step.kind())?.one_at_a_time.as_ref()?;
    let document = match step {
        Step::Create { want } | Step::Update { want, .. } => &want.document,
        Step::Delete { have, .. } => &have.document,
    };
    Some(document.get(field)?.as_str()?.to_owned())
}

/// Whom the resource of a step mentions.
fn mentions(step: &Step) -> impl Iterator<Item = &Address> {
    let mentions = match step {
        Step::Create { want } | Step::Update { want, .. } => Some(&want.mentions),
        Step::Delete { .. } => None,
    };
    mentions.into_iter().flatten()
}
